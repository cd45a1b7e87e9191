/* random.c - generators and the tensors they fill. */
#include "core/random.h"

#include <math.h>

#include "core/alloc_cache.h"
#include "core/dry_run.h"
#include "core/error.h"
#include "core/node.h"
#include "core/philox.h"
#include "core/tensor_struct.h"
#include "core/threads.h"

struct gra_generator {
    gra_object head;
    uint64_t seed;
    uint64_t position; /* of the next block of four 32-bit numbers */
};

static _Thread_local gra_generator thread_default;

static void generator_destroy(void *self)
{
    gra__dealloc(self, sizeof(gra_generator));
}

static const gra_kind generator_kind = {
    .name = "generator", .keeper = "its thread", .destroy = generator_destroy};

gra_generator *gra_generator_new(uint64_t seed)
{
    gra_generator *const generator = gra__alloc_zeroed(sizeof *generator);
    if (!generator)
        return NULL;
    gra__object_init(&generator->head, &generator_kind, 1);
    generator->seed = seed;
    return generator;
}

void gra_generator_seed(gra_generator *generator, uint64_t seed)
{
    if (!generator)
        return;
    generator->seed = seed;
    generator->position = 0;
}

void gra_manual_seed(uint64_t seed)
{
    gra_generator_seed(&thread_default, seed);
}

gra_generator_state gra_generator_get_state(const gra_generator *generator)
{
    const gra_generator *const g = generator ? generator : &thread_default;
    return (gra_generator_state){g->seed, g->position};
}

void gra_generator_set_state(gra_generator *generator, gra_generator_state state)
{
    gra_generator *const g = generator ? generator : &thread_default;
    g->seed = state.seed;
    g->position = state.position;
}

gra_random_options gra_random_defaults(void)
{
    return (gra_random_options){.dtype = GRA_FLOAT32};
}

gra_randint_options gra_randint_defaults(void)
{
    return (gra_randint_options){0};
}

/* Real numbers are drawn in pieces, each from its own blocks of the generator, so that several threads
 * may draw with the same result as one. A block of four 32-bit numbers gives two doubles. */
enum { PIECE = 1024 };

/* Writes the 2 * blocks doubles of the blocks from `first` on. */
typedef void (*source)(const gra_generator *g, uint64_t first, int64_t blocks, double *out);

/* In [0, 1). */
static void uniforms(const gra_generator *g, uint64_t first, int64_t blocks, double *out)
{
    for (int64_t i = 0; i < blocks; i++) {
        uint32_t bits[4];
        gra__philox(g->seed, 0, first + (uint64_t)i, bits);
        out[2 * i] = gra__uniform_double(bits[0], bits[1]);
        out[2 * i + 1] = gra__uniform_double(bits[2], bits[3]);
    }
}

/* Box and Muller's transform; 1 - u lies in (0, 1], so the logarithm is finite. */
static void normals(const gra_generator *g, uint64_t first, int64_t blocks, double *out)
{
    uniforms(g, first, blocks, out);
    for (int64_t i = 0; i < blocks; i++) {
        const double radius = sqrt(-2 * log(1 - out[2 * i])), angle = 2 * M_PI * out[2 * i + 1];
        out[2 * i] = radius * cos(angle);
        out[2 * i + 1] = radius * sin(angle);
    }
}

/* What is drawn: scale * number + shift. What rounds up to the open end `limit` in the tensor's dtype
 * becomes shift: of the numbers that round to either end of a uniform range, each end gets one half. */
typedef struct drawing {
    source source;
    double scale, shift, limit;
} drawing;

static void store_floats(const drawing *d, float *to, const double *from, int64_t count)
{
    for (int64_t i = 0; i < count; i++) {
        const float value = (float)(d->scale * from[i] + d->shift);
        to[i] = value >= d->limit ? (float)d->shift : value;
    }
}

static void store_any(const drawing *d, const gra_tensor *t, int64_t at, const double *from,
                      int64_t count)
{
    for (int64_t i = 0; i < count; i++) {
        gra__store(t, at + i, d->scale * from[i] + d->shift);
        if (gra__load(t, at + i) >= d->limit)
            gra__store(t, at + i, d->shift);
    }
}

static void draw_piece(const drawing *d, const gra_tensor *t, const gra_generator *g, int64_t piece)
{
    double numbers[PIECE];
    const int64_t at = piece * PIECE, left = t->numel - at, count = left < PIECE ? left : PIECE;
    d->source(g, g->position + (uint64_t)at / 2, (count + 1) / 2, numbers);
    if (t->dtype == GRA_FLOAT32)
        store_floats(d, (float *)gra__ptr(t) + at, numbers, count);
    else
        store_any(d, t, at, numbers, count);
}

/* Overwrites a row-major tensor. */
static gra_tensor *draw(const char *op, gra_tensor *t, gra_generator *g, drawing d)
{
    if (!t)
        return NULL;
    if (!gra_dtype_is_floating(t->dtype))
        return gra_fail("%s: dtype %s cannot hold random real numbers; use a floating type", op,
                        gra_dtype_name(t->dtype));
    if (!t->contiguous)
        return gra_fail("%s: the tensor is not row-major in memory; use gra_contiguous(t)", op);
    gra__bring_up_to_date(t);
    if (t->node && gra_grad_enabled())
        return gra_fail("%s: the result of %s cannot be overwritten while ops are recorded, as its "
                        "history would not be true; wrap the call in gra_set_grad(false), or pass "
                        "gra_detach(t)",
                        op, gra_op_name(t->node->op));
    if (gra__dry_run())
        return t;
    g = g ? g : &thread_default;
    const int64_t pieces = t->numel / PIECE + (t->numel % PIECE > 0);
    const int threads = pieces > 1 ? gra__threads() : 1;
#pragma omp parallel for num_threads(threads) if (threads > 1)
    for (int64_t piece = 0; piece < pieces; piece++)
        draw_piece(&d, t, g, piece);
    g->position += (uint64_t)(t->numel + 1) / 2;
    gra_tensor_touch(t);
    return t;
}

static gra_tensor *with_grad(gra_tensor *t, bool requires_grad)
{
    return requires_grad ? gra_requires_grad(t) : t;
}

gra_tensor *gra_rand_with(gra_random_options o)
{
    gra_tensor *const t =
        gra__shape_given("gra_rand", o.shape) ? gra__empty("gra_rand", o.shape, o.dtype) : NULL;
    return with_grad(draw("gra_rand", t, o.generator, (drawing){uniforms, 1, 0, 1}),
                     o.requires_grad);
}

gra_tensor *gra_randn_with(gra_random_options o)
{
    gra_tensor *const t =
        gra__shape_given("gra_randn", o.shape) ? gra__empty("gra_randn", o.shape, o.dtype) : NULL;
    return with_grad(draw("gra_randn", t, o.generator, (drawing){normals, 1, 0, INFINITY}),
                     o.requires_grad);
}

gra_tensor *gra_uniform_(gra_tensor *t, double low, double high)
{
    if (t && !(low <= high))
        return gra_fail("gra_uniform_: %g to %g is no range; low may not lie above high", low,
                        high);
    return draw("gra_uniform_", t, NULL, (drawing){uniforms, high - low, low, high});
}

gra_tensor *gra_normal_(gra_tensor *t, double mean, double deviation)
{
    if (t && !(deviation >= 0))
        return gra_fail(
            "gra_normal_: deviation %g is out of range; a number of at least 0 is needed",
            deviation);
    return draw("gra_normal_", t, NULL, (drawing){normals, deviation, mean, INFINITY});
}

/* A whole number in [0, bound) from 64 random bits: the upper half of their product with bound. */
static int64_t below(const gra_generator *g, uint64_t block, uint64_t bound)
{
    uint32_t bits[4];
    gra__philox(g->seed, 0, g->position + block, bits);
    const uint64_t wide = ((uint64_t)bits[0] << 32) | bits[1];
    __extension__ typedef unsigned __int128 wider;
    return (int64_t)(((wider)wide * bound) >> 64);
}

gra_tensor *gra_randint_with(gra_randint_options o)
{
    if (o.low >= o.high)
        return gra_fail("gra_randint: low %lld is not below high %lld", (long long)o.low,
                        (long long)o.high);
    gra_tensor *const t = gra__shape_given("gra_randint", o.shape)
                              ? gra__empty("gra_randint", o.shape, GRA_INT64)
                              : NULL;
    if (!t || gra__dry_run())
        return t;
    gra_generator *const g = o.generator ? o.generator : &thread_default;
    int64_t *const data = gra__ptr(t);
    for (int64_t i = 0; i < t->numel; i++)
        data[i] = (int64_t)((uint64_t)o.low + /* unsigned, as high - low may exceed INT64_MAX */
                            (uint64_t)below(g, (uint64_t)i, (uint64_t)o.high - (uint64_t)o.low));
    g->position += (uint64_t)t->numel;
    return t;
}

gra_tensor *gra_randperm(int64_t n, gra_generator *generator)
{
    gra_tensor *const t = gra__empty("gra_randperm", GRA_SHAPE(n), GRA_INT64);
    if (!t || gra__dry_run())
        return t;
    gra_generator *const g = generator ? generator : &thread_default;
    int64_t *const order = gra__ptr(t);
    for (int64_t i = 0; i < n; i++) { /* Fisher and Yates, from the front */
        const int64_t at = below(g, (uint64_t)i, (uint64_t)i + 1);
        order[i] = order[at];
        order[at] = i;
    }
    g->position += (uint64_t)n;
    return t;
}

double gra_draw_uniform(double low, double high)
{
    double numbers[2];
    uniforms(&thread_default, thread_default.position++, 1, numbers);
    const double value = low + (high - low) * numbers[0];
    return value < high ? value : low; /* what was rounded up to the open end */
}

int64_t gra_draw_int(int64_t low, int64_t high)
{
    const uint64_t range = low < high ? (uint64_t)high - (uint64_t)low : 1;
    const int64_t drawn = below(&thread_default, 0, range);
    thread_default.position++;
    return (int64_t)((uint64_t)low + (uint64_t)drawn);
}

double gra_draw_normal(double mean, double deviation)
{
    double numbers[2];
    normals(&thread_default, thread_default.position++, 1, numbers);
    return mean + deviation * numbers[0];
}
