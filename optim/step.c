/* step.c - moving parameters: by gra_step, or by gra_backward where an optimizer is fused with it. */
#include <math.h>

#include "core/error.h"
#include "core/tensor_struct.h"
#include "core/threads.h"
#include "core/watch.h"
#include "ops/iterate.h"
#include "ops/kernels/isa.h"
#include "optim/optim_struct.h"

/* Elements that one thread takes at a time: enough to pay for waking it, and a multiple of every
 * vector, so that the bits do not depend on the number of threads. */
enum { CHUNK = 1 << 15 };

static const double *options_of(const gra_optim *opt, const gra__parameter_state *state)
{
    return opt->groups[state->group].option;
}

/* ---- one parameter ---- */

typedef struct pass {
    gra__optimizer_loop *loop;
    gra_tensor *p, *g, *memory[GRA__OPTIMIZER_MEMORY]; /* row-major, of one dtype */
    gra__optimizer_step step;
} pass;

static void run_chunk(const pass *a, int64_t chunk)
{
    const int64_t from = chunk * CHUNK, left = a->p->numel - from;
    const size_t skip = (size_t)from * gra_dtype_size(a->p->dtype);
    char *memory[GRA__OPTIMIZER_MEMORY];
    for (int k = 0; k < GRA__OPTIMIZER_MEMORY; k++)
        memory[k] = a->memory[k] ? (char *)gra__ptr(a->memory[k]) + skip : NULL;
    a->loop((size_t)(left < CHUNK ? left : CHUNK), (char *)gra__ptr(a->p) + skip,
            (const char *)gra__ptr(a->g) + skip, memory, &a->step);
}

static void run(const pass *a)
{
    const int64_t chunks = (a->p->numel + CHUNK - 1) / CHUNK;
    const int64_t threads = gra__threads() < chunks ? gra__threads() : chunks;
    if (threads <= 1) {
        for (int64_t i = 0; i < chunks; i++)
            run_chunk(a, i);
        return;
    }
#pragma omp parallel for num_threads((int)threads) schedule(static)
    for (int64_t i = 0; i < chunks; i++)
        run_chunk(a, i);
}

/* The sum of squares of elements [from, end), chunk by chunk. */
static double sum_of_squares(const gra_tensor *t, int64_t from, int64_t end)
{
    gra__squares_loop *const loop = gra__kernels_get()->optimizers->sum_of_squares[t->dtype];
    double sum = 0;
    for (; from < end; from += CHUNK)
        sum += loop((size_t)(end - from < CHUNK ? end - from : CHUNK),
                    (const char *)gra__ptr(t) + (size_t)from * gra_dtype_size(t->dtype));
    return sum;
}

/* The parts, and so the bits, depend on the number of elements alone. */
double gra__optim_norm(const gra_tensor *t)
{
    enum { PARTS = 64 };
    const int64_t chunks = (t->numel + CHUNK - 1) / CHUNK;
    const int64_t length = (chunks + PARTS - 1) / PARTS * CHUNK;
    const int64_t parts = length ? (t->numel + length - 1) / length : 0;
    const int64_t threads = gra__threads() < parts ? gra__threads() : parts;
    double part[PARTS], sum = 0;
    (void)threads; /* where there is no OpenMP */
#pragma omp parallel for num_threads(threads < 1 ? 1 : (int)threads)                               \
    schedule(static) if (threads > 1)
    for (int64_t i = 0; i < parts; i++)
        part[i] = sum_of_squares(t, i * length,
                                 (i + 1) * length < t->numel ? (i + 1) * length : t->numel);
    for (int64_t i = 0; i < parts; i++)
        sum += part[i];
    return sqrt(sum);
}

/* t as the loop takes it: row-major, in the dtype that it computes in. */
static gra_tensor *flat(gra_tensor *t, gra_dtype dtype)
{
    return t->contiguous ? gra__converted(t, dtype) : gra__row_major_copy(t, dtype);
}

static bool put_back(gra_tensor *t, gra_tensor *copy)
{
    return copy == t || gra__copy_into("gra_step", t, copy);
}

/* Moves p, the parameter or some rows of it, by its gradient g; memory has NULL for what is not
 * used. False with an error. */
static bool update(const gra_optim *opt, const gra__parameter_state *state, gra_tensor *p,
                   gra_tensor *g, gra_tensor *const *memory)
{
    const gra_dtype dtype = p->dtype == GRA_BFLOAT16 ? GRA_FLOAT32 : p->dtype;
    pass a = {
        .loop = gra__kernels_get()->optimizers->update[opt->type->loop][dtype],
        .p = flat(p, dtype),
        .g = flat(g, dtype),
    };
    for (int k = 0; k < GRA__OPTIMIZER_MEMORY; k++)
        a.memory[k] = memory[k] ? flat(memory[k], dtype) : NULL;
    if (gra_error())
        return false;
    const gra__update u = {options_of(opt, state), state, a.p, a.g};
    opt->type->prepare(&u, &a.step);
    run(&a);
    bool fine = put_back(p, a.p);
    for (int k = 0; k < GRA__OPTIMIZER_MEMORY && fine; k++)
        fine = !memory[k] || put_back(memory[k], a.memory[k]);
    return fine;
}

/* Bytes of an update: the gradient is read, the parameter and its memory are read and written. */
static double bytes_of(const gra_tensor *p, gra_tensor *const *memory)
{
    int passes = 3;
    for (int k = 0; k < GRA__OPTIMIZER_MEMORY; k++)
        passes += memory[k] ? 2 : 0;
    return passes * (double)p->numel * (double)gra_dtype_size(p->dtype);
}

static bool move(const gra_optim *opt, const gra__parameter_state *state, gra_tensor *p,
                 gra_tensor *g, gra_tensor *const *memory)
{
    gra__work_begins(opt->type->name);
    const bool fine = update(opt, state, p, g, memory);
    gra__work_ends(opt->type->name, bytes_of(p, memory));
    return fine;
}

/* Makes sure that memory k of a parameter is there, in the parameter's dtype. */
static bool remember(const char *who, const gra_optim *opt, gra__parameter_state *state, int k)
{
    const gra_tensor *const p = state->tensor;
    gra_tensor *const old = state->memory[k];
    if (old && old->dtype == p->dtype)
        return true;
    gra_tensor *const memory =
        old ? gra__converted(old, p->dtype) : gra__zeros(who, p->shape, p->dtype);
    if (!memory)
        return false;
    if (!old && opt->type->start)
        gra__fill(memory, opt->type->start(options_of(opt, state)));
    gra__retain(memory);
    gra__release(old);
    state->memory[k] = memory;
    state->fresh |= old ? 0 : 1u << k;
    return true;
}

/* Chooses the memory of a step with today's options, and makes what is missing. */
static bool remember_all(const char *who, const gra_optim *opt, gra__parameter_state *state)
{
    const unsigned needs = opt->type->needs(options_of(opt, state));
    for (int k = 0; k < GRA__OPTIMIZER_MEMORY; k++)
        if (needs >> k & 1 && !remember(who, opt, state, k))
            return false;
    return true;
}

/* What the step uses of the memory. */
static void memory_in_use(const gra_optim *opt, const gra__parameter_state *state,
                          gra_tensor **memory)
{
    const unsigned needs = opt->type->needs(options_of(opt, state));
    for (int k = 0; k < GRA__OPTIMIZER_MEMORY; k++)
        memory[k] = needs >> k & 1 ? state->memory[k] : NULL;
}

/* Counts a step of a parameter, and its write. */
static void end_move(const gra_optim *opt, gra__parameter_state *state)
{
    if (opt->type->next_product)
        state->product = opt->type->next_product(options_of(opt, state), state);
    state->steps++;
    state->fresh = 0;
    gra_tensor_touch(state->tensor);
    state->tensor->storage->writer = opt->type->name;
}

/* ---- during the backward pass ---- */

static gra_optim *owner_of(const gra__updater *u)
{
    return u->owner;
}

static bool begin_update(gra__updater *u)
{
    gra__parameter_state *const state = (gra__parameter_state *)u;
    char text[GRA_SHAPE_TEXT];
    gra_shape_text(u->leaf->shape, text);
    if (state->stepped)
        gra_fail(
            "gra_backward: the parameter of shape %s was updated by an earlier backward pass of "
            "this step (.fused_backward of %s); call gra_step after each gra_backward, or make "
            "the optimizer without .fused_backward to add up gradients of several passes",
            text, u->name);
    else if (u->leaf->grad)
        gra_fail("gra_backward: the parameter of shape %s has a gradient from before, which "
                 ".fused_backward of %s would not add to; call gra_zero_grad first",
                 text, u->name);
    else
        remember_all("gra_backward", owner_of(u), state);
    return !gra_error();
}

/* Rows [row, row + rows) of t. */
static gra_tensor *rows_of(gra_tensor *t, int64_t row, int64_t rows)
{
    if (t->shape.count == 0 || rows == t->shape.size[0])
        return t;
    gra_shape shape = t->shape;
    shape.size[0] = rows;
    return gra__view(t, shape, t->stride, t->offset + row * t->stride[0]);
}

static bool take_gradient(gra__updater *u, gra_tensor *g, int64_t row)
{
    const gra__parameter_state *const state = (gra__parameter_state *)u;
    const int64_t rows = g->shape.count ? g->shape.size[0] : 1;
    gra_tensor *memory[GRA__OPTIMIZER_MEMORY];
    memory_in_use(owner_of(u), state, memory);
    for (int k = 0; k < GRA__OPTIMIZER_MEMORY; k++)
        memory[k] = memory[k] ? rows_of(memory[k], row, rows) : NULL;
    gra_tensor *const p = rows_of(state->tensor, row, rows);
    return !gra_error() && move(owner_of(u), state, p, g, memory);
}

static void end_update(gra__updater *u)
{
    gra__parameter_state *const state = (gra__parameter_state *)u;
    state->stepped = true;
    end_move(owner_of(u), state);
}

bool gra__optim_fuse(gra_optim *opt, gra__parameter_state *state)
{
    char text[GRA_SHAPE_TEXT];
    if (state->tensor->updater) {
        gra_fail("%s: another optimizer updates the parameter of shape %s with .fused_backward "
                 "already; free that one first, or leave the parameter to one of them",
                 opt->type->name, gra_shape_text(state->tensor->shape, text));
        return false;
    }
    state->updater = (gra__updater){
        .leaf = state->tensor,
        .owner = opt,
        .name = opt->type->name,
        .begin = begin_update,
        .take = take_gradient,
        .end = end_update,
    };
    state->tensor->updater = &state->updater;
    return true;
}

void gra__optim_unfuse(gra__parameter_state *state)
{
    if (state->tensor->updater == &state->updater)
        state->tensor->updater = NULL;
}

/* ---- steps ---- */

/* Ends a step of an optimizer whose parameters moved as their gradients came. */
static int end_step(gra_optim *opt)
{
    for (int i = 0; i < opt->count; i++)
        opt->params[i]->stepped = false;
    return 0;
}

/* All memory is there before anything moves. */
static int step(gra_optim *opt)
{
    for (int i = 0; i < opt->count; i++)
        if (opt->params[i]->tensor->grad && !remember_all("gra_step", opt, opt->params[i]))
            return -1;
    for (int i = 0; i < opt->count; i++) {
        gra__parameter_state *const state = opt->params[i];
        gra_tensor *memory[GRA__OPTIMIZER_MEMORY];
        if (!state->tensor->grad)
            continue;
        memory_in_use(opt, state, memory);
        if (!move(opt, state, state->tensor, state->tensor->grad, memory))
            return -1;
        end_move(opt, state);
    }
    return 0;
}

int gra_step(gra_optim *opt)
{
    if (gra_error())
        return -1;
    if (!opt) {
        gra_fail("gra_step: the optimizer is NULL");
        return -1;
    }
    if (opt->fused)
        return end_step(opt);
    const int mark = gra_mark();
    const int result = step(opt);
    gra_release(mark);
    return result;
}

void gra_zero_grad(gra_optim *opt)
{
    for (int i = 0; opt && i < opt->count; i++)
        gra_tensor_zero_grad(opt->params[i]->tensor);
}
