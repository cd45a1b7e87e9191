/* data.c - data sets of one's own, and what a loader does with them.
 *
 * Quoted by docs/how-to/data.md.
 */
#include <gradus.h>

#include <stdio.h>

enum { SIDE = 8, BROKEN = 13 };

typedef struct {
    int64_t size;
    bool has_broken; /* example 13 cannot be read */
} bars;

static int64_t bars_size(const gra_dataset *set)
{
    const bars *b = gra_dataset_data(set);
    return b->size;
}

/* A bright row (class 0) or column (class 1) at a random place, on a noisy ground. */
static int bars_get(const gra_dataset *set, int64_t i, gra_tensor **x, gra_tensor **y)
{
    const bars *b = gra_dataset_data(set);
    if (b->has_broken && i == BROKEN) {
        gra_fail("bars: image %d is broken", BROKEN);
        return -1;
    }
    gra_tensor *image = gra_uniform_(gra_empty(GRA_SHAPE(1, SIDE, SIDE)), 0, 0.5);
    gra_fill_(gra_select(image, i % 2 ? 2 : 1, gra_draw_int(0, SIDE)), 1);
    *x = image;
    *y = gra_scalar((double)(i % 2), GRA_INT64);
    return *x && *y ? 0 : -1;
}

static const gra_dataset_class bars_class = {.name = "bars", .size = bars_size, .get = bars_get};

static gra_dataset *bars_dataset(int64_t size, bool has_broken)
{
    gra_dataset *set = gra_dataset_new(&bars_class, sizeof(bars));
    bars *b = gra_dataset_data(set);
    if (b)
        *b = (bars){size, has_broken};
    return set;
}

/* Squares of whole numbers, one line after the other. */
static int squares_next(const gra_dataset *set, void *reader, gra_tensor **x, gra_tensor **y)
{
    (void)set;
    int64_t *line = reader; /* 0 at first */
    int64_t i = gra_worker_index() + gra_worker_count() * (*line)++;
    if (i >= 10)
        return 0;
    *x = gra_scalar((double)i, GRA_FLOAT32);
    *y = gra_scalar((double)(i * i), GRA_FLOAT32);
    return 1;
}

static const gra_dataset_class squares_class = {
    .name = "squares", .next = squares_next, .reader_size = sizeof(int64_t)};

static double epoch_sum(gra_data *data)
{
    gra_tensor *x, *y;
    double sum = 0;
    for (int mark = gra_mark(); gra_data_next(data, &x, &y); gra_release(mark))
        sum += gra_item(gra_sum(x));
    return sum;
}

static void iterate(void)
{
    gra_tensor *x, *y;
    gra_data *data = gra_loader(bars_dataset(100, false), .batch = 32, .shuffle = true, .seed = 1);
    for (int mark = gra_mark(); gra_data_next(data, &x, &y); gra_release(mark))
        printf("x [%d, %d, %d, %d], %d of class 1\n", (int)gra_tensor_size(x, 0),
               (int)gra_tensor_size(x, 1), (int)gra_tensor_size(x, 2), (int)gra_tensor_size(x, 3),
               (int)gra_item(gra_sum(y)));
    gra_free(data);
}

static void split(void)
{
    gra_dataset *parts[2];
    gra_random_split(bars_dataset(100, false), ((double[]){0.9, 0.1}), 2, parts, .seed = 1);
    gra_data *train = gra_loader(parts[0], .batch = 32, .shuffle = true);
    gra_data *valid = gra_loader(parts[1], .batch = 32);
    printf("%d to train, %d to look at\n", (int)gra_data_size(train), (int)gra_data_size(valid));
    gra_free(train, valid);
}

static void use_workers(void)
{
    for (int workers = 0; workers <= 2; workers++) {
        gra_data *data = gra_loader(bars_dataset(100, false), .batch = 32, .shuffle = true,
                                    .seed = 1, .workers = workers);
        double first = epoch_sum(data), second = epoch_sum(data);
        printf("%d workers: %.1f, %.1f\n", workers, first, second);
        gra_free(data);
    }
}

static void resume(void)
{
    gra_tensor *x, *y;
    gra_data *data = gra_loader(bars_dataset(100, false), .batch = 10, .shuffle = true);
    for (int step = 0; step < 3; step++)
        gra_data_next(data, &x, &y);
    gra_data_state state = gra_data_get_state(data);
    printf("epoch %d, batch %d; the rest is %.1f\n", (int)state.epoch, (int)state.batch,
           epoch_sum(data));
    gra_free(data);

    data = gra_loader(bars_dataset(100, false), .batch = 10, .shuffle = true);
    gra_data_set_state(data, state);
    printf("again: %.1f\n", epoch_sum(data));
    gra_free(data);
}

static void meet_a_broken_one(void)
{
    gra_data *data = gra_loader(bars_dataset(100, true), .batch = 10, .workers = 1);
    epoch_sum(data);
    printf("%s\n", gra_error());
    gra_clear_error();
    gra_free(data);

    data = gra_loader(bars_dataset(100, true), .batch = 10, .workers = 1, .skip_errors = true);
    epoch_sum(data);
    printf("%d left out: %s\n", (int)gra_data_skipped(data), gra_data_skip_reason(data));
    gra_free(data);
}

static void read_a_stream(void)
{
    gra_tensor *x, *y;
    gra_data *data = gra_loader(gra_dataset_new(&squares_class, 0), .batch = 3, .workers = 2);
    for (int mark = gra_mark(); gra_data_next(data, &x, &y); gra_release(mark))
        gra_print(y);
    gra_free(data);
}

int main(void)
{
    iterate();
    split();
    use_workers();
    resume();
    meet_a_broken_one();
    read_a_stream();
    if (gra_error())
        fprintf(stderr, "data: %s\n", gra_error());
    return gra_error() != NULL;
}
