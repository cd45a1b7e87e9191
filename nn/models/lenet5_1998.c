/* lenet5_1998.c - LeNet-5 as its paper has it. */
#include "nn/models/lenet5_1998.h"

#include <math.h>

#include "core/create.h"
#include "core/error.h"
#include "core/random.h"
#include "core/scope.h"
#include "nn/layer.h"
#include "nn/layers.h"
#include "nn/lecun_layers.h"

enum { CLASSES = 10, ROWS = 12, COLUMNS = 7, CODE = ROWS * COLUMNS, KERNEL = 25 };

enum { MAPS_S2 = 6, MAPS_C3 = 16 };

/* Table I of the paper: a row for each map of C3, a column for each of S2. */
static const unsigned char connections[MAPS_C3][MAPS_S2] = {
    {1, 1, 1, 0, 0, 0}, {0, 1, 1, 1, 0, 0}, {0, 0, 1, 1, 1, 0}, {0, 0, 0, 1, 1, 1},
    {1, 0, 0, 0, 1, 1}, {1, 1, 0, 0, 0, 1}, {1, 1, 1, 1, 0, 0}, {0, 1, 1, 1, 1, 0},
    {0, 0, 1, 1, 1, 1}, {1, 0, 0, 1, 1, 1}, {1, 1, 0, 0, 1, 1}, {1, 1, 1, 0, 0, 1},
    {1, 1, 0, 1, 1, 0}, {0, 1, 1, 0, 1, 1}, {1, 0, 1, 1, 0, 1}, {1, 1, 1, 1, 1, 1},
};

/* clang-format off */
static const char *const drawings[CLASSES][ROWS] = {
    {".......", "..###..", ".##.##.", "##...##", "##...##", "##...##",
     "##...##", "##...##", ".##.##.", "..###..", ".......", "......."},
    {".......", "...##..", "..###..", ".####..", "...##..", "...##..",
     "...##..", "...##..", "...##..", ".######", ".......", "......."},
    {".......", ".#####.", "##...##", "##...##", "....##.", "...##..",
     "..##...", ".##....", "##.....", "#######", ".......", "......."},
    {".......", "#######", "....##.", "...##..", "..####.", ".....##",
     ".....##", ".....##", "##...##", ".#####.", ".......", "......."},
    {".......", "....##.", "...###.", "..####.", ".##.##.", "##..##.",
     "##..##.", "#######", "....##.", "....##.", ".......", "......."},
    {".......", "#######", "##.....", "##.....", "######.", "##...##",
     ".....##", ".....##", "##...##", ".#####.", ".......", "......."},
    {".......", "..####.", ".##....", "##.....", "##.....", "######.",
     "##...##", "##...##", "##...##", ".#####.", ".......", "......."},
    {".......", "#######", "##...##", ".....##", "....##.", "....##.",
     "...##..", "...##..", "..##...", "..##...", ".......", "......."},
    {".......", ".#####.", "##...##", "##...##", "##...##", ".#####.",
     "##...##", "##...##", "##...##", ".#####.", ".......", "......."},
    {".......", ".#####.", "##...##", "##...##", "##...##", ".######",
     ".....##", ".....##", "....##.", ".####..", ".......", "......."},
};
/* clang-format on */

typedef struct lenet {
    gra_module *c1, *s2, *c3, *s4, *c5, *f6, *output;
} lenet;

/* ScaledTanh as it comes. */
static gra_tensor *squash(gra_tensor *a)
{
    const gra_nn_scaled_tanh_options o = gra_nn_scaled_tanh_defaults();
    return gra__scaled_tanh(a, o.amplitude, o.slope);
}

static gra_tensor *forward(gra_module *self, gra_tensor *x)
{
    const lenet *const m = gra_module_data(self);
    x = squash(gra_forward(m->c1, x));
    x = squash(gra_forward(m->s2, x));
    x = squash(gra_forward(m->c3, x));
    x = squash(gra_forward(m->s4, x));
    x = squash(gra_forward(m->c5, x));
    x = squash(gra_forward(m->f6, gra_flatten(x, 1, -1)));
    return gra_forward(m->output, x);
}

static const gra_module_class lenet_class = {.name = "LeNet5", .forward = forward};

/* ---- first weights ---- */

/* What a uniform distribution is bounded by, from the fan in of a unit. */
typedef double bound_fn(double fan_in);

static double by_fan_in(double fan_in)
{
    return 2.4 / fan_in;
}

static double by_root(double fan_in)
{
    return 2.4 / sqrt(fan_in);
}

static void fill_layer(gra_module *layer, double bound)
{
    gra_uniform_(gra_module_parameter(layer, "weight"), -bound, bound);
    gra_uniform_(gra_module_parameter(layer, "bias"), -bound, bound);
}

/* The units of C3 have three fan ins. */
static void fill_table(gra_module *c3, bound_fn *bound_of)
{
    gra_tensor *const weight = gra_detach(gra_module_parameter(c3, "weight"));
    gra_tensor *const bias = gra_detach(gra_module_parameter(c3, "bias"));
    int64_t at = 0;
    for (int map = 0; map < MAPS_C3; map++) {
        int64_t seen = 0;
        for (int i = 0; i < MAPS_S2; i++)
            seen += connections[map][i];
        const double bound = bound_of((double)(seen * KERNEL));
        gra_uniform_(gra_narrow(weight, 0, at, seen), -bound, bound);
        gra_uniform_(gra_narrow(bias, 0, map, 1), -bound, bound);
        at += seen;
    }
}

/* The four pixels of a subsampling unit share a weight, and are much alike: their sum grows with F. */
static void init(const lenet *m, bound_fn *bound_of)
{
    const int mark = gra_mark();
    fill_layer(m->c1, bound_of(KERNEL));
    fill_layer(m->s2, by_fan_in(4));
    fill_table(m->c3, bound_of);
    fill_layer(m->s4, by_fan_in(4));
    fill_layer(m->c5, bound_of(MAPS_C3 * KERNEL));
    fill_layer(m->f6, bound_of(120));
    gra_release(mark);
}

/* ---- the functions ---- */

gra_tensor *gra_lenet5_1998_codes(void)
{
    gra_tensor *const codes = gra_empty(GRA_SHAPE(CLASSES, CODE));
    float *const at = gra_tensor_data(codes);
    for (int i = 0; at && i < CLASSES * CODE; i++)
        at[i] = drawings[i / CODE][i % CODE / COLUMNS][i % COLUMNS] == '#' ? 1 : -1;
    return codes;
}

gra_lenet5_1998_options gra_lenet5_1998_defaults(void)
{
    return (gra_lenet5_1998_options){0};
}

gra_module *gra_lenet5_1998_with(gra_lenet5_1998_options o)
{
    gra_module *const self = gra_error() ? NULL : gra_module_new(&lenet_class, sizeof(lenet));
    lenet *const m = gra_module_data(self);
    if (!m)
        return NULL;
    const bool skips = gra__skip_init(true);
    const int mark = gra_mark();
    m->c1 = gra_module_add(self, "c1", gra_nn_conv2d(1, MAPS_S2, 5));
    m->s2 = gra_module_add(self, "s2", gra_nn_subsampling2d(MAPS_S2));
    m->c3 = gra_module_add(self, "c3",
                           gra_nn_table_conv2d(MAPS_S2, MAPS_C3, 5, .table = connections[0]));
    m->s4 = gra_module_add(self, "s4", gra_nn_subsampling2d(MAPS_C3));
    m->c5 = gra_module_add(self, "c5", gra_nn_conv2d(MAPS_C3, 120, 5));
    m->f6 = gra_module_add(self, "f6", gra_nn_linear(120, CODE));
    m->output = gra_module_add(self, "output",
                               gra_nn_rbf(CODE, CLASSES, .weight = gra_lenet5_1998_codes()));
    gra_release(mark);
    gra__skip_init(skips);
    if (!skips && !gra_error())
        init(m, o.root_fan_in ? by_root : by_fan_in);
    return gra_module_finish(self);
}

gra_tensor *gra_lenet5_1998_input(gra_tensor *images)
{
    gra_tensor *const x = images ? gra_reshape(images, GRA_SHAPE(-1, 1, 28, 28)) : NULL;
    return x ? gra_pad(gra_add_scalar(gra_mul_scalar(x, 1.275), -0.1), GRA_PADS(2, 2, 2, 2),
                       .value = -0.1)
             : NULL;
}

double gra_lenet5_1998_rate(int pass)
{
    if (pass < 1) {
        gra_fail("gra_lenet5_1998_rate: pass %d is out of range; they are counted from 1", pass);
        return NAN;
    }
    return pass <= 2 ? 5e-4 : pass <= 5 ? 2e-4 : pass <= 8 ? 1e-4 : pass <= 12 ? 5e-5 : 1e-5;
}
