/* photographs.c - see photographs.h. */
#include "photographs.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { CHANNELS = 3 };

/* ---- the data set ---- */

typedef struct album {
    gra_tensor *x, *y; /* owned */
    views v;
    int64_t count;
} album;

static int64_t album_size(const gra_dataset *set)
{
    const album *const a = gra_dataset_data(set);
    return a->count;
}

/* Where a part lies in a photograph, and whether it is mirrored. */
typedef struct part {
    int64_t top, left;
    bool mirrored;
} part;

/* Copies the part; what lies outside of the photograph is grey, 0. */
static void cut_out(const album *a, const uint8_t *image, part p, float *to)
{
    const int64_t h = gra_tensor_size(a->x, 2), w = gra_tensor_size(a->x, 3), size = a->v.size;
    for (int64_t row = 0; row < CHANNELS * size; row++) {
        const int64_t y = p.top + row % size;
        const uint8_t *const from = y < 0 || y >= h ? NULL : image + (row / size * h + y) * w;
        for (int64_t column = 0; column < size; column++) {
            const int64_t x = p.left + (p.mirrored ? size - 1 - column : column);
            *to++ = !from || x < 0 || x >= w ? 0 : ((float)from[x] - 127.5f) / 64;
        }
    }
}

/* For each of `count` parts its top, its left, both counted from the margin's corner, and 1 where it is
 * mirrored: [count, 3]. */
static const int64_t *draw(const album *a, int64_t count)
{
    const int64_t h = gra_tensor_size(a->x, 2), w = gra_tensor_size(a->x, 3);
    const int64_t down = h + 2 * a->v.margin - a->v.size, right = w + 2 * a->v.margin - a->v.size;
    const gra_shape one = GRA_SHAPE(count, 1);
    gra_tensor *columns[3];
    if (a->v.vary) {
        columns[0] = gra_randint(0, down + 1, one);
        columns[1] = gra_randint(0, right + 1, one);
        columns[2] = gra_randint(0, 2, one);
    } else {
        columns[0] = gra_full(one, (double)(down / 2), .dtype = GRA_INT64);
        columns[1] = gra_full(one, (double)(right / 2), .dtype = GRA_INT64);
        columns[2] = gra_zeros(one, GRA_INT64);
    }
    return gra_tensor_data(gra_cat(columns, 3, 1));
}

static int album_get_batch(const gra_dataset *set, const int64_t *indices, int64_t count,
                           gra_tensor **x, gra_tensor **y)
{
    const album *const a = gra_dataset_data(set);
    const int64_t all = gra_tensor_size(a->y, 0), bytes = gra_tensor_numel(a->x) / all;
    *x = gra_empty(GRA_SHAPE(count, CHANNELS, a->v.size, a->v.size));
    *y = gra_empty(GRA_SHAPE(count), GRA_INT64);
    const int64_t *const drawn = draw(a, count);
    if (gra_error())
        return -1;
    float *const pixels = gra_tensor_data(*x);
    int64_t *const classes = gra_tensor_data(*y);
    for (int64_t i = 0; i < count; i++) {
        const int64_t index = indices[i] * all / a->count, *const d = drawn + 3 * i;
        const part p = {d[0] - a->v.margin, d[1] - a->v.margin, d[2] != 0};
        cut_out(a, (const uint8_t *)gra_tensor_data(a->x) + index * bytes, p,
                pixels + i * CHANNELS * a->v.size * a->v.size);
        classes[i] = ((const int64_t *)gra_tensor_data(a->y))[index];
    }
    return 0;
}

static int album_get(const gra_dataset *set, int64_t i, gra_tensor **x, gra_tensor **y)
{
    gra_tensor *xs, *ys;
    if (album_get_batch(set, &i, 1, &xs, &ys) < 0)
        return -1;
    *x = gra_select(xs, 0, 0);
    *y = gra_select(ys, 0, 0);
    return *x && *y ? 0 : -1;
}

static void album_destroy(gra_dataset *set)
{
    const album *const a = gra_dataset_data(set);
    gra_free(a->x, a->y);
}

static const gra_dataset_class album_class = {.name = "of photographs",
                                              .size = album_size,
                                              .get = album_get,
                                              .get_batch = album_get_batch,
                                              .destroy = album_destroy};

static gra_tensor *load(const char *prefix, char part)
{
    char path[4096];
    if (snprintf(path, sizeof path, "%s-%c.npy", prefix, part) >= (int)sizeof path)
        return gra_fail("photographs: the path %.40s... is too long", prefix);
    return gra_load_npy(path);
}

/* Whether the two files belong together and a part of the wanted size can be cut out. */
static bool fits(const char *prefix, gra_tensor *x, gra_tensor *y, views v)
{
    char a[GRA_SHAPE_TEXT], b[GRA_SHAPE_TEXT];
    if (!x || !y)
        return false;
    const int64_t count = gra_tensor_ndim(y) == 1 ? gra_tensor_size(y, 0) : -1;
    const bool shapes = gra_tensor_ndim(x) == 4 && gra_tensor_size(x, 0) == count &&
                        gra_tensor_size(x, 1) == CHANNELS;
    if (!shapes || gra_tensor_dtype(x) != GRA_UINT8 || gra_tensor_dtype(y) != GRA_INT64)
        gra_fail("photographs: %s holds %s %s and %s %s; uint8 [N, 3, H, W] and int64 [N] are "
                 "needed",
                 prefix, gra_dtype_name(gra_tensor_dtype(x)),
                 gra_shape_text(gra_tensor_shape(x), a), gra_dtype_name(gra_tensor_dtype(y)),
                 gra_shape_text(gra_tensor_shape(y), b));
    else if (v.size < 1 || v.size > gra_tensor_size(x, 2) + 2 * v.margin ||
             v.size > gra_tensor_size(x, 3) + 2 * v.margin || v.count > count)
        gra_fail("photographs: %s has shape %s; %lld parts of size %lld with margin %lld cannot be "
                 "cut out",
                 prefix, gra_shape_text(gra_tensor_shape(x), a), (long long)v.count,
                 (long long)v.size, (long long)v.margin);
    return !gra_error();
}

gra_data *photographs(const char *prefix, views v, int64_t batch)
{
    const int mark = gra_mark();
    gra_tensor *const x = load(prefix, 'x'), *const y = load(prefix, 'y');
    gra_dataset *const set =
        fits(prefix, x, y, v) ? gra_dataset_new(&album_class, sizeof(album)) : NULL;
    if (set)
        *(album *)gra_dataset_data(set) =
            (album){.x = gra_keep(x),
                    .y = gra_keep(y),
                    .v = v,
                    .count = v.count ? v.count : gra_tensor_size(y, 0)};
    gra_release(mark);
    return set ? gra_loader(set, .batch = batch, .shuffle = v.vary || v.count, .seed = 1) : NULL;
}

/* ---- training ---- */

gra_tensor *he(gra_tensor *weight)
{
    return gra_init_kaiming_normal_(weight, .nonlinearity = GRA_GAIN_RELU);
}

static double hits(gra_tensor *logits, gra_tensor *y)
{
    return gra_item(gra_sum(gra_eq(gra_argmax(logits, 1), y)));
}

double top1(gra_module *net, gra_data *data)
{
    gra_tensor *x, *y;
    double right = 0;
    const bool trains = gra_is_training(net), was = gra_set_grad(false);
    gra_eval(net);
    for (int mark = gra_mark(); gra_data_next(data, &x, &y); gra_release(mark))
        right += hits(gra_forward(net, x), y);
    gra_set_grad(was);
    if (trains)
        gra_train(net);
    return gra_error() ? NAN : right / (double)gra_data_size(data);
}

/* One epoch; the mean loss, and in *right how many photographs were classified rightly. */
static double epoch(gra_module *net, gra_optim *opt, gra_scheduler *plan, gra_data *data,
                    double *right)
{
    gra_tensor *x, *y;
    double total = 0;
    *right = 0;
    for (int mark = gra_mark(); gra_data_next(data, &x, &y); gra_release(mark)) {
        gra_tensor *logits = gra_forward(net, x);
        gra_tensor *loss = gra_cross_entropy(logits, y);
        gra_zero_grad(opt);
        gra_backward(loss);
        if (gra_step(opt) < 0 || gra_scheduler_step(plan) < 0)
            break;
        total += gra_item(loss) * (double)gra_tensor_size(y, 0);
        *right += hits(gra_detach(logits), y);
    }
    return gra_error() ? NAN : total / (double)gra_data_size(data);
}

static double seconds(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

double learn(gra_module *net, gra_data *train, gra_data *test, recipe r)
{
    gra_optim *opt =
        gra_sgd(net, .lr = r.lr, .momentum = 0.9, .weight_decay = r.weight_decay, .nesterov = true);
    gra_scheduler *plan = gra_cosine_annealing_lr(opt, r.epochs * gra_data_batches(train));
    const double wall = seconds(CLOCK_MONOTONIC), busy = seconds(CLOCK_PROCESS_CPUTIME_ID);
    double loss = INFINITY;
    if (!gra_error())
        printf("epoch   loss  top-1  test top-1  seconds  processor seconds\n");
    for (int64_t i = 1; i <= r.epochs && !gra_error() && loss >= r.enough; i++) {
        double right;
        loss = epoch(net, opt, plan, train, &right);
        printf("%5lld %6.3f %4.1f %%", (long long)i, loss,
               100 * right / (double)gra_data_size(train));
        if (test)
            printf("      %4.1f %%", 100 * top1(net, test));
        printf("%*.0f %18.0f\n", test ? 9 : 21, seconds(CLOCK_MONOTONIC) - wall,
               seconds(CLOCK_PROCESS_CPUTIME_ID) - busy);
        fflush(stdout);
    }
    gra_free(plan, opt);
    return gra_error() ? NAN : loss;
}

/* ---- the command line ---- */

int64_t whole_number(const char *text)
{
    char *end;
    errno = 0;
    const long long value = strtoll(text, &end, 10);
    return *end || errno || value < 1 || value > 1000000 ? 0 : (int64_t)value;
}

int finish(const char *program)
{
    if (gra_error())
        fprintf(stderr, "%s: %s\n", program, gra_error());
    return gra_error() != NULL;
}
