#include "ops/kernels/winograd.h"

#include <math.h>
#include <string.h>

#include "core/threads.h"
#include "ops/kernels/gemm.h"
#include "ops/kernels/isa.h"
#include "ops/kernels/parallel.h"
#include "ops/kernels/sizes.h"

/* All tiles of all images stand in one line, which is cut into blocks. A block goes through two stages:
 *
 *     1. V[p][tile][c] from the patches of x                                           shared by tiles
 *     2. for each panel of output channels: n * n products, then the panel's outputs   shared by panels and tiles
 *
 * Where there are many blocks, each is one thread's alone and its V stays in the second cache; where there are few, as in
 * the last layers of a network, all threads share the stages of one block. No sum depends on the cut, save the weight
 * gradient's, whose blocks follow from the shape. */

/* What is computed, y from x or dx from g, seen from one group: c channels in, k channels out. */
typedef struct problem {
    const gra__winograd_loops *loops;
    int64_t n, groups;
    int64_t c, h, w;         // of a group's input
    int64_t k, out_h, out_w; // and output
    int64_t pad_h, pad_w;    // zeros before the first row and column
    int64_t input_step;      // floats between the filters of neighbouring channels, in
    int64_t output_step;     // and out
    bool rotated;
    int64_t tiles_h, tiles_w, tiles; // tiles of an image, and of all images
    int64_t points;                  // n * n
    int64_t panel, panels;           // output channels in a panel, and panels
    int64_t block, blocks;           // tiles in a block, and blocks
    bool shared;                     // all threads work on one block
    bool fused;                      // of which there is one: U is made panel by panel
    bool prepared;                   // U is there already
    int64_t rows;                    // tiles that a thread takes through stage 2 at a time
    int64_t v_block;                 // channels of a piece of V, [p][piece][tile][c of the piece]
    int64_t v_row, v_plane, v_size;  // floats from tile to tile, from point to point, and in all
    int64_t u_plane, u_panel;        // floats from point to point and from panel to panel
    int64_t m_plane, m_size;
    int64_t together; // panels that the weight gradient takes at a time
    int64_t patch;    // floats of a copied patch
} problem;

/* Strides that are a multiple of the cache's size would fall on the same lines: everything is a little longer. */
enum { PAD = 16, ALIGN = 16 };

/* The tile with the fewest products for the map, those beyond its edge included. Larger tiles have dearer transforms, and
 * F(6, 3) rounds too much for long sums. */
static int kind_of(const gra__conv2d_shape *d)
{
    static const int kinds[] = {GRA_WINOGRAD_4_3, GRA_WINOGRAD_5_3, GRA_WINOGRAD_6_3};
    if (d->r == 5)
        return GRA_WINOGRAD_4_5;
    const int64_t count = larger(d->c, d->k) / d->groups <= 128 ? 3 : 2;
    int best = GRA_WINOGRAD_4_3;
    double least = INFINITY;
    for (int64_t i = 0; i < count; i++) {
        const int64_t m = 4 + i, points = (m + 2) * (m + 2);
        const double cost = (1 + 0.03 * (double)i) * (double)points *
                            (double)(ceiling(d->out_h, m) * ceiling(d->out_w, m));
        if (cost < least) {
            least = cost;
            best = kinds[i];
        }
    }
    return best;
}

static void plan_sizes(problem *p)
{
    const bool whole = p->v_block == p->c;
    p->v_row = p->v_block + (whole ? PAD : 0);
    p->v_plane =
        round_up(p->block * round_up(p->c, p->v_block), ALIGN) + (whole ? p->block + 1 : 1) * PAD;
    p->v_size = p->points * p->v_plane;
    p->u_plane = p->c * p->panel + p->panel;
    p->u_panel = p->points * p->u_plane;
    p->m_plane = p->rows * p->panel + PAD;
    p->m_size = p->points * p->m_plane;
    p->patch = round_up(p->points * larger(p->c, p->panel), ALIGN);
}

static problem plan(const gra__conv2d_shape *d)
{
    const gra__kernels *kernels = gra__kernels_get();
    problem p = {.loops = &kernels->winograd->kinds[kind_of(d)],
                 .n = d->n,
                 .groups = d->groups,
                 .c = d->c / d->groups,
                 .h = d->h,
                 .w = d->w,
                 .k = d->k / d->groups,
                 .out_h = d->out_h,
                 .out_w = d->out_w,
                 .pad_h = d->pad_h,
                 .pad_w = d->pad_w,
                 .input_step = d->r * d->s,
                 .panel = kernels->gemm->panel};
    p.output_step = p.c * p.input_step;
    p.tiles_h = ceiling(p.out_h, p.loops->m);
    p.tiles_w = ceiling(p.out_w, p.loops->m);
    p.tiles = p.n * p.tiles_h * p.tiles_w;
    p.points = p.loops->n * p.loops->n;
    p.v_block = p.c;
    p.panels = ceiling(p.k, p.panel);
    return p;
}

/* Floats of a V that one block may have, so that it stays in the third cache of a large machine. U, which is larger in
 * the last layers of a network, is then made panel by panel where it is used. */
enum { V_AT_ONCE = 8 << 20 };

static bool fits_at_once(const problem *p)
{
    const int64_t v = p->points * p->c * p->tiles, u = p->points * p->c * p->k;
    return p->shared && v <= V_AT_ONCE && v <= 2 * u;
}

/* Blocks of a size that keeps V in the second cache, or a few megabytes of it for all threads. */
static problem plan_outputs(const gra__conv2d_shape *d)
{
    problem p = plan(d);
    p.rows = larger(24, smaller(96, p.c * 3 / 16 / 12 * 12));
    p.shared = p.tiles < 4 * gra__threads() * p.rows;
    p.fused = fits_at_once(&p);
    const int64_t most = p.fused ? p.tiles : p.shared ? V_AT_ONCE / 2 / (p.points * p.c) : p.rows;
    p.block = larger(1, smaller(p.tiles, most));
    p.rows = smaller(p.rows, p.block);
    p.blocks = ceiling(p.tiles, p.block);
    plan_sizes(&p);
    return p;
}

/* The forward problem whose output is the input gradient. */
static problem plan_input_gradient(const gra__conv2d_shape *d)
{
    const gra__conv2d_shape turned = {.n = d->n,
                                      .c = d->k,
                                      .h = d->out_h,
                                      .w = d->out_w,
                                      .k = d->c,
                                      .r = d->r,
                                      .s = d->s,
                                      .out_h = d->h,
                                      .out_w = d->w,
                                      .pad_h = d->r - 1 - d->pad_h,
                                      .pad_w = d->s - 1 - d->pad_w,
                                      .groups = d->groups};
    problem p = plan_outputs(&turned);
    p.rotated = true;
    p.output_step = d->r * d->s;
    p.input_step = d->c / d->groups * d->r * d->s;
    return p;
}

/* Where a tile stands. */
typedef struct tile {
    int64_t image, row, column; // of its first output pixel
} tile;

static tile tile_at(const problem *p, int64_t i)
{
    const int64_t in_image = i % (p->tiles_h * p->tiles_w);
    return (tile){i / (p->tiles_h * p->tiles_w), in_image / p->tiles_w * p->loops->m,
                  in_image % p->tiles_w * p->loops->m};
}

/* A square of `size` pixels at (row, column) of an image with zeros around; those that stick out are copied. */
typedef struct square {
    const float *x;
    int64_t row, pixel; // strides
} square;

static square cut_square(const float *image, int64_t h, int64_t w, int64_t pixel, int64_t channels,
                         int64_t row, int64_t column, int64_t size, float *copy)
{
    if (row >= 0 && column >= 0 && row + size <= h && column + size <= w)
        return (square){image + (row * w + column) * pixel, w * pixel, pixel};
    const int64_t first = smaller(larger(0, -column), size),
                  last = larger(first, smaller(size, w - column));
    for (int64_t i = 0; i < size; i++) {
        float *to = copy + i * size * channels;
        if (row + i < 0 || row + i >= h) {
            memset(to, 0, (size_t)(size * channels) * sizeof *to);
            continue;
        }
        const float *from = image + ((row + i) * w + column) * pixel;
        memset(to, 0, (size_t)(first * channels) * sizeof *to);
        for (int64_t j = first; j < last; j++)
            memcpy(to + j * channels, from + j * pixel, (size_t)channels * sizeof *to);
        memset(to + last * channels, 0, (size_t)((size - last) * channels) * sizeof *to);
    }
    return (square){copy, size * channels, channels};
}

/* Stage 1 for one tile, number `at` of the block. */
static void transform_input(const problem *p, const float *x, int64_t i, int64_t at, float *v,
                            float *patch)
{
    const tile t = tile_at(p, i);
    const int64_t pixel = p->groups * p->c;
    const square s = cut_square(x + t.image * p->h * p->w * pixel, p->h, p->w, pixel, p->c,
                                t.row - p->pad_h, t.column - p->pad_w, p->loops->n, patch);
    for (int64_t c = 0; c < p->c; c += p->v_block)
        p->loops->input(smaller(p->v_block, p->c - c), s.x + c, s.row, s.pixel,
                        v + c * p->block + at * p->v_row, p->v_plane);
}

enum { TILES_AT_ONCE = 8 }; // of stage 1

static void transform_inputs(const problem *p, const float *x, int64_t first, int64_t last,
                             int64_t item, float *v, float *patches)
{
    float *const patch = patches + gra__thread_index() * p->patch;
    for (int64_t i = first + item * TILES_AT_ONCE;
         i < smaller(last, first + (item + 1) * TILES_AT_ONCE); i++)
        transform_input(p, x, i, i - first, v, patch);
}

static int64_t panel_width(const problem *p, int64_t panel)
{
    return smaller(p->panel, p->k - panel * p->panel);
}

/* U of one panel of one group, item = group * panels + panel. */
static void transform_weights(const problem *p, const float *w, float *u, int64_t item)
{
    const int64_t group = item / p->panels, panel = item % p->panels;
    const int64_t filters = p->c * p->k * p->loops->r * p->loops->r;
    const gra__winograd_weights args = {.w =
                                            w + group * filters + panel * p->panel * p->output_step,
                                        .input_step = p->input_step,
                                        .width_step = p->output_step,
                                        .rotated = p->rotated,
                                        .inputs = p->c,
                                        .width = panel_width(p, panel),
                                        .u = u,
                                        .plane = p->u_plane};
    p->loops->weights(&args);
}

/* What stage 2 reads and writes, of one group. */
typedef struct outputs {
    const float *v, *bias;
    float *u;       // of the group's panels, or one panel's for each thread
    const float *w; // all groups' weights
    int64_t group;
    bool relu;
    float *y;
    float *m; // of all threads
} outputs;

static void transform_output(const problem *p, const outputs *o, int64_t i, int64_t panel,
                             const float *m)
{
    const tile t = tile_at(p, i);
    const int64_t pixel = p->groups * p->k;
    const gra__winograd_output args = {
        .m = m,
        .plane = p->m_plane,
        .width = panel_width(p, panel),
        .bias = o->bias ? o->bias + panel * p->panel : NULL,
        .relu = o->relu,
        .y = o->y + ((t.image * p->out_h + t.row) * p->out_w + t.column) * pixel + panel * p->panel,
        .row = p->out_w * pixel,
        .pixel = pixel,
        .rows = smaller(p->loops->m, p->out_h - t.row),
        .columns = smaller(p->loops->m, p->out_w - t.column)};
    p->loops->output(&args);
}

/* Stage 2 for one panel and `rows` tiles of the block [first, last). */
static void multiply(const problem *p, const outputs *o, int64_t first, int64_t last, int64_t item)
{
    const int64_t panel = item % p->panels, at = item / p->panels * p->rows;
    const int64_t tiles = smaller(p->rows, last - first - at), width = panel_width(p, panel);
    float *const m = o->m + gra__thread_index() * p->m_size;
    const float *const u = o->u + (p->fused ? gra__thread_index() : panel) * p->u_panel;
    for (int64_t point = 0; point < p->points; point++)
        gra__kernels_get()->gemm->gemm(
            &(gra__gemm_args){.m = tiles,
                              .n = width,
                              .k = p->c,
                              .a = o->v + point * p->v_plane + at * p->v_row,
                              .ars = p->v_row,
                              .acs = 1,
                              .b = u + point * p->u_plane,
                              .brs = p->panel,
                              .bcs = 1,
                              .c = m + point * p->m_plane,
                              .crs = p->panel});
    for (int64_t i = 0; i < tiles; i++)
        transform_output(p, o, first + at + i, panel, m + i * p->panel);
}

/* Stage 2 for one panel and all tiles: U is transformed where it is needed, and read before it leaves the cache. */
static void run_panel(const problem *p, const outputs *o, int64_t panel)
{
    transform_weights(p, o->w, o->u + gra__thread_index() * p->u_panel,
                      o->group * p->panels + panel);
    for (int64_t item = panel; item < p->panels * ceiling(p->tiles, p->rows); item += p->panels)
        multiply(p, o, 0, p->tiles, item);
}

/* Both stages of one block, by so many threads. */
static void run_block(const problem *p, const outputs *o, const float *x, int64_t block, float *v,
                      float *patches, int threads)
{
    const int64_t first = block * p->block, last = smaller(p->tiles, first + p->block);
    outputs here = *o;
    here.v = v;
    EACH_LONG_ITEM(threads, ceiling(last - first, TILES_AT_ONCE),
                   transform_inputs(p, x, first, last, item, v, patches));
    if (p->fused)
        EACH_LONG_ITEM(threads, p->panels, run_panel(p, &here, item));
    else
        EACH_LONG_ITEM(threads, p->panels * ceiling(last - first, p->rows),
                       multiply(p, &here, first, last, item));
}

static void *aligned(void *memory)
{
    return (void *)(((uintptr_t)memory + 63) / 64 * 64);
}

/* Panels of U in the workspace. */
static int64_t u_panels(const problem *p)
{
    return p->prepared ? 0 : p->fused ? gra__threads() : p->groups * p->panels;
}

static size_t output_bytes(const problem *p)
{
    const int64_t threads = gra__threads();
    return 64 +
           sizeof(float) * (size_t)(u_panels(p) * p->u_panel + threads * (p->m_size + p->patch) +
                                    (p->shared ? 1 : threads) * p->v_size);
}

/* w are the weights, or where p says so the prepared ones. */
static void run_outputs(const problem *p, const float *x, const float *w, const float *bias,
                        bool relu, float *y, void *workspace)
{
    const int threads = gra__threads();
    const int64_t items = p->groups * p->panels;
    float *const own = aligned(workspace), *const m = own + u_panels(p) * p->u_panel,
                 *const patches = m + threads * p->m_size, *const v = patches + threads * p->patch;
    float *const u = p->prepared ? (float *)(uintptr_t)w : own;
    if (!p->fused && !p->prepared)
        EACH_LONG_ITEM(threads, items, transform_weights(p, w, u + item * p->u_panel, item));
    for (int64_t group = 0; group < p->groups; group++) {
        const outputs o = {.u = p->fused ? u : u + group * p->panels * p->u_panel,
                           .w = w,
                           .group = group,
                           .bias = bias ? bias + group * p->k : NULL,
                           .relu = relu,
                           .y = y + group * p->k,
                           .m = m};
        const float *const from = x + group * p->c;
        if (p->shared)
            for (int64_t block = 0; block < p->blocks; block++)
                run_block(p, &o, from, block, v, patches, threads);
        else
            EACH_LONG_ITEM(
                threads, p->blocks,
                run_block(p, &o, from, item, v + gra__thread_index() * p->v_size, patches, 1));
    }
}

bool gra__winograd_fits(const gra__conv2d_shape *d)
{
    const int64_t vector = gra__kernels_get()->gemm->vector;
    const bool square = (d->r == 3 && d->s == 3) || (d->r == 5 && d->s == 5);
    return square && d->stride_h == 1 && d->stride_w == 1 && d->dilation_h == 1 &&
           d->dilation_w == 1 && d->pad_h >= 0 && d->pad_h < d->r && d->pad_w >= 0 &&
           d->pad_w < d->s && d->n > 0 && d->out_h > 0 && d->out_w > 0 && d->c > 0 && d->k > 0 &&
           d->c / d->groups % vector == 0 && d->k / d->groups % vector == 0;
}

int64_t gra__winograd_outputs(const gra__conv2d_shape *shape)
{
    return gra__kernels_get()->winograd->kinds[kind_of(shape)].m;
}

size_t gra__winograd_forward_workspace(const gra__conv2d_shape *shape)
{
    const problem p = plan_outputs(shape);
    return output_bytes(&p);
}

size_t gra__winograd_backward_input_workspace(const gra__conv2d_shape *shape)
{
    const problem p = plan_input_gradient(shape);
    return output_bytes(&p);
}

void gra__winograd_forward(const gra__conv2d_shape *shape, const float *x, const float *w,
                           const float *bias, bool relu, float *y, void *workspace)
{
    const problem p = plan_outputs(shape);
    run_outputs(&p, x, w, bias, relu, y, workspace);
}

static problem plan_prepared(const gra__conv2d_shape *shape)
{
    problem p = plan_outputs(shape);
    p.prepared = true;
    p.fused = false;
    return p;
}

size_t gra__winograd_prepared_bytes(const gra__conv2d_shape *shape)
{
    const problem p = plan_outputs(shape);
    return sizeof(float) * (size_t)(p.groups * p.panels * p.u_panel);
}

void gra__winograd_prepare(const gra__conv2d_shape *shape, const float *w, float *prepared)
{
    const problem p = plan_outputs(shape);
    EACH_LONG_ITEM(gra__threads(), p.groups * p.panels,
                   transform_weights(&p, w, prepared + item * p.u_panel, item));
}

size_t gra__winograd_forward_prepared_workspace(const gra__conv2d_shape *shape)
{
    const problem p = plan_prepared(shape);
    return output_bytes(&p);
}

void gra__winograd_forward_prepared(const gra__conv2d_shape *shape, const float *x,
                                    const float *prepared, const float *bias, bool relu, float *y,
                                    void *workspace)
{
    const problem p = plan_prepared(shape);
    run_outputs(&p, x, prepared, bias, relu, y, workspace);
}

void gra__winograd_backward_input(const gra__conv2d_shape *shape, const float *g, const float *w,
                                  float *dx, void *workspace)
{
    const problem p = plan_input_gradient(shape);
    run_outputs(&p, g, w, NULL, false, dx, workspace);
}

/* The weight gradient. Where a partial sum of U is small, a number of them that the shape fixes are summed over ranges of
 * tiles, each by one thread; where it is large there is one, and the threads share the stages of a block. Where all tiles
 * are one block, each thread makes a few panels of U at a time and turns them into panels of dw. */
typedef struct weight_problem {
    problem p;
    int64_t parts;
    int64_t bias_sums; // floats for the sums of g
} weight_problem;

static weight_problem plan_weights(const gra__conv2d_shape *d)
{
    weight_problem q = {.p = plan(d)};
    problem *p = &q.p;
    const int64_t u = p->points * p->c * p->k, tile_floats = p->points * (p->c + p->k);
    p->shared = u > 200 * 1024;
    p->fused = fits_at_once(p);
    q.parts = p->shared ? 1 : larger(1, smaller(ceiling(p->tiles, 48), 16));
    p->block = p->fused ? p->tiles : p->shared ? larger(96, V_AT_ONCE / 8 / tile_floats) : 48;
    p->block = larger(1, smaller(p->block, ceiling(p->tiles, q.parts)));
    p->rows = p->block;
    p->v_block = smaller(p->c, 64);
    const int64_t most = p->fused ? 2 : 4;
    p->together =
        p->shared ? larger(1, smaller(most, p->panels / gra__threads())) : smaller(most, p->panels);
    p->blocks = ceiling(p->tiles, p->block);
    plan_sizes(p);
    q.bias_sums = q.parts * round_up(p->groups * p->panels * p->panel, ALIGN);
    return q;
}

/* What one range of tiles of one group is summed into. */
typedef struct gradient {
    const float *x, *g;
    float *u; // of the range, from panel `first` on
    int64_t first;
    float *sums;          // of the range
    float *v, *m, *patch; // of all threads, but v
} gradient;

/* M of one panel, from the tiles [first, last) of g, which are added to sums. */
static void transform_gradient(const problem *p, const gradient *a, int64_t first, int64_t last,
                               int64_t panel, float *m, float *sums)
{
    const int64_t width = panel_width(p, panel), pixel = p->groups * p->k;
    float *const patch = a->patch + gra__thread_index() * p->patch;
    for (int64_t i = first; i < last; i++) {
        const tile t = tile_at(p, i);
        const square s =
            cut_square(a->g + t.image * p->out_h * p->out_w * pixel + panel * p->panel, p->out_h,
                       p->out_w, pixel, width, t.row, t.column, p->loops->m, patch);
        p->loops->output_adjoint(width, s.x, s.row, s.pixel, m + (i - first) * p->panel, p->m_plane,
                                 sums);
    }
}

/* U += V^T M for one point, one piece of V and one panel; where `fresh`, U = V^T M. */
static void add_products(const problem *p, const gradient *a, int64_t tiles, bool fresh,
                         int64_t point, int64_t c, int64_t panel, const float *m)
{
    gra__kernels_get()->gemm->gemm(&(gra__gemm_args){.m = smaller(p->v_block, p->c - c),
                                                     .n = panel_width(p, panel),
                                                     .k = tiles,
                                                     .a = a->v + point * p->v_plane + c * p->block,
                                                     .ars = 1,
                                                     .acs = p->v_row,
                                                     .b = m + point * p->m_plane,
                                                     .brs = p->panel,
                                                     .bcs = 1,
                                                     .c = a->u + (panel - a->first) * p->u_panel +
                                                          point * p->u_plane + c * p->panel,
                                                     .crs = p->panel,
                                                     .accumulate = !fresh});
}

/* A few panels at a time, so that each piece of V comes into the second cache for all of them. */
static void add_panels(const problem *p, const gradient *a, int64_t first, int64_t last, bool fresh,
                       int64_t item)
{
    const int64_t from = item * p->together, to = smaller(p->panels, from + p->together);
    float *const m = a->m + gra__thread_index() * p->together * p->m_size;
    for (int64_t panel = from; panel < to; panel++) {
        float *const sums = a->sums + panel * p->panel;
        if (fresh)
            memset(sums, 0, (size_t)p->panel * sizeof *sums);
        transform_gradient(p, a, first, last, panel, m + (panel - from) * p->m_size, sums);
    }
    for (int64_t point = 0; point < p->points; point++)
        for (int64_t c = 0; c < p->c; c += p->v_block)
            for (int64_t panel = from; panel < to; panel++)
                add_products(p, a, last - first, fresh, point, c, panel,
                             m + (panel - from) * p->m_size);
}

static void sum_range(const problem *p, const gradient *a, int64_t first, int64_t last, int threads)
{
    for (int64_t from = first; from < last; from += p->block) {
        const int64_t to = smaller(last, from + p->block);
        EACH_LONG_ITEM(threads, ceiling(to - from, TILES_AT_ONCE),
                       transform_inputs(p, a->x, from, to, item, a->v, a->patch));
        EACH_LONG_ITEM(threads, ceiling(p->panels, p->together),
                       add_panels(p, a, from, to, from == first, item));
    }
}

static void sum_part(const weight_problem *q, const gradient *of, int64_t part)
{
    const problem *p = &q->p;
    gradient a = *of;
    a.u += part * p->panels * p->u_panel;
    a.sums += part * (q->bias_sums / q->parts);
    a.v += gra__thread_index() * p->v_size;
    sum_range(p, &a, p->tiles * part / q->parts, p->tiles * (part + 1) / q->parts, 1);
}

enum { INPUTS_AT_ONCE = 32 }; // input channels in an item of the way back

/* dw of one panel, whose u is given, and of some input channels from c on. */
static void finish_weights(const weight_problem *q, const float *u, float *dw, int64_t panel,
                           int64_t c)
{
    const problem *p = &q->p;
    const gra__winograd_weights args = {.dw = dw + panel * p->panel * p->output_step +
                                              c * p->input_step,
                                        .input_step = p->input_step,
                                        .width_step = p->output_step,
                                        .inputs = smaller(INPUTS_AT_ONCE, p->c - c),
                                        .width = panel_width(p, panel),
                                        .u = (float *)(uintptr_t)u + c * p->panel,
                                        .plane = p->u_plane,
                                        .parts = q->parts,
                                        .part = p->panels * p->u_panel};
    p->loops->weights_adjoint(&args);
}

static void finish_item(const weight_problem *q, const float *u, float *dw, int64_t item)
{
    const int64_t panel = item % q->p.panels;
    finish_weights(q, u + panel * q->p.u_panel, dw, panel, item / q->p.panels * INPUTS_AT_ONCE);
}

/* A few panels from all tiles to dw. */
static void run_panels(const weight_problem *q, const gradient *of, float *dw, int64_t item)
{
    const problem *p = &q->p;
    const int64_t from = item * p->together, to = smaller(p->panels, from + p->together);
    gradient a = *of;
    a.first = from;
    a.u += gra__thread_index() * p->together * p->u_panel;
    add_panels(p, &a, 0, p->tiles, true, item);
    for (int64_t panel = from; panel < to; panel++)
        for (int64_t c = 0; c < p->c; c += INPUTS_AT_ONCE)
            finish_weights(q, a.u + (panel - from) * p->u_panel, dw, panel, c);
}

/* dw of one group. */
static void run_group(const weight_problem *q, const gradient *a, float *dw, int threads)
{
    const problem *p = &q->p;
    if (p->fused) {
        EACH_LONG_ITEM(threads, ceiling(p->tiles, TILES_AT_ONCE),
                       transform_inputs(p, a->x, 0, p->tiles, item, a->v, a->patch));
        EACH_LONG_ITEM(threads, ceiling(p->panels, p->together), run_panels(q, a, dw, item));
        return;
    }
    if (p->shared)
        sum_range(p, a, 0, p->tiles, threads);
    else
        EACH_LONG_ITEM(threads, q->parts, sum_part(q, a, item));
    EACH_LONG_ITEM(threads, p->panels * ceiling(p->c, INPUTS_AT_ONCE),
                   finish_item(q, a->u, dw, item));
}

/* Panels of U in memory. */
static int64_t gradient_panels(const weight_problem *q)
{
    return q->p.fused ? gra__threads() * q->p.together : q->parts * q->p.panels;
}

static void finish_bias(const weight_problem *q, const float *sums, float *db)
{
    for (int64_t k = 0; k < q->p.k; k++) {
        db[k] = sums[k];
        for (int64_t part = 1; part < q->parts; part++)
            db[k] += sums[part * (q->bias_sums / q->parts) + k];
    }
}

size_t gra__winograd_backward_weight_workspace(const gra__conv2d_shape *shape)
{
    const weight_problem q = plan_weights(shape);
    const problem *p = &q.p;
    const int64_t threads = gra__threads();
    return 64 + sizeof(float) * (size_t)(gradient_panels(&q) * p->u_panel + q.bias_sums +
                                         threads * (p->together * p->m_size + p->patch) +
                                         (p->shared ? 1 : threads) * p->v_size);
}

void gra__winograd_backward_weight(const gra__conv2d_shape *shape, const float *g, const float *x,
                                   float *dw, float *db, void *workspace)
{
    const weight_problem q = plan_weights(shape);
    const problem *p = &q.p;
    const int threads = gra__threads();
    float *const u = aligned(workspace), *const sums = u + gradient_panels(&q) * p->u_panel,
                 *const m = sums + q.bias_sums,
                 *const patch = m + threads * p->together * p->m_size,
                 *const v = patch + threads * p->patch;
    for (int64_t group = 0; group < p->groups; group++) {
        const gradient a = {.x = x + group * p->c,
                            .g = g + group * p->k,
                            .u = u,
                            .sums = sums,
                            .v = v,
                            .m = m,
                            .patch = patch};
        run_group(&q, &a, dw + group * p->k * p->output_step, threads);
        if (db)
            finish_bias(&q, sums, db + group * p->k);
    }
}
