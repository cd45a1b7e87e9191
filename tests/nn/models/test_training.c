/* test_training.c - what holds for a training step of AlexNet and VGG, here of reduced width: the same bits
 * for any number of threads, no memory asked of the system once it runs, and batches that there is no
 * memory for.
 */
#include "gradus.h"

#include <sys/resource.h>

#include "tests/support/test.h"

enum { CLASSES = 10 };

typedef struct {
    const char *name;
    gra_module *(*make)(void);
    int64_t batch, size;
} network;

static gra_module *vgg(void)
{
    return gra_vgg(.depth = 16, .width = 0.5, .num_classes = CLASSES, .pooled_size = 1);
}

static gra_module *vgg_with_batch_norm(void)
{
    return gra_vgg(.depth = 11, .width = 0.25, .num_classes = CLASSES, .pooled_size = 1,
                   .batch_norm = true);
}

static gra_module *two_towers(void)
{
    return gra_alexnet(.variant = GRA_ALEXNET_TWO_TOWERS, .width = 0.34, .num_classes = CLASSES);
}

static gra_module *single_column(void)
{
    return gra_alexnet(.width = 0.25, .num_classes = CLASSES);
}

static const network networks[] = {
    {"VGG-16", vgg, 4, 64},
    {"VGG-11 with batch normalisation", vgg_with_batch_norm, 3, 64},
    {"AlexNet, two towers", two_towers, 2, 227},
    {"AlexNet, one column", single_column, 5, 95},
};

typedef struct {
    gra_module *net;
    gra_optim *opt;
    gra_tensor *x, *y;
} work;

static work begin(const network *n)
{
    gra_manual_seed(4);
    work w = {.net = n->make()};
    w.opt = gra_sgd(w.net, .lr = 0.01, .momentum = 0.9, .weight_decay = 5e-4);
    w.x = gra_randn(GRA_SHAPE(n->batch, 3, n->size, n->size));
    w.y = gra_randint(0, CLASSES, GRA_SHAPE(n->batch));
    ck_assert_msg(w.opt != NULL, "%s", gra_error());
    return w;
}

static void step(const work *w)
{
    const int mark = gra_mark();
    gra_tensor *const loss = gra_cross_entropy(gra_forward(w->net, w->x), w->y);
    gra_zero_grad(w->opt);
    gra_backward(loss);
    ck_assert_msg(gra_step(w->opt) == 0, "%s", gra_error());
    gra_release(mark);
}

/* A hash of each bit of the parameters (FNV-1a). */
static int add_hash(const char *name, gra_tensor *t, void *context)
{
    (void)name;
    uint64_t *const hash = context;
    const unsigned char *const bytes = gra_tensor_data(gra_contiguous(gra_detach(t)));
    for (int64_t i = 0; i < gra_tensor_numel(t) * 4; i++)
        *hash = (*hash ^ bytes[i]) * 1099511628211u;
    return 0;
}

static uint64_t trained(const network *n, int threads)
{
    const int mark = gra_mark();
    gra_set_threads(threads);
    const work w = begin(n);
    step(&w);
    step(&w);
    uint64_t hash = 14695981039346656037u;
    gra_module_named_parameters(w.net, add_hash, &hash);
    gra_free(w.opt, w.net);
    gra_release(mark);
    return hash;
}

START_TEST(training_has_the_same_bits_for_any_number_of_threads)
{
    static const int counts[] = {2, 3, 8};
    const network *const n = &networks[_i];
    const uint64_t one = trained(n, 1);
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        ck_assert_msg(trained(n, counts[i]) == one, "%s: %d threads", n->name, counts[i]);
    gra_set_threads(1);
}
END_TEST

static long page_faults(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_minflt;
}

static bool pooling(void)
{
    gra_memory_trim();
    const int mark = gra_mark();
    gra_zeros(GRA_SHAPE(1 << 20));
    gra_release(mark);
    const bool kept = gra_memory_stats().cached > 0;
    gra_memory_trim();
    return kept;
}

/* Where freed blocks are cached, as they are but for builds that look for errors. */
START_TEST(a_steady_step_asks_the_system_for_nothing)
{
    enum { UNTIL_STEADY = 5, STEPS = 4 };
    const bool expected = pooling();
    const work w = begin(&networks[_i]);
    for (int i = 0; i < UNTIL_STEADY; i++)
        step(&w);
    const uint64_t calls = gra_memory_stats().system_calls;
    const long faults = page_faults();
    for (int i = 0; i < STEPS; i++)
        step(&w);
    const long fresh = page_faults() - faults;
    const uint64_t asked = gra_memory_stats().system_calls - calls;
    gra_free(w.opt, w.net);
    if (!expected)
        return;
    ck_assert_msg(asked == 0, "%s: %d requests", networks[_i].name, (int)asked);
    ck_assert_msg(fresh <= STEPS, "%s: %ld page faults", networks[_i].name, fresh);
}
END_TEST

/* A batch of 16 million images, of which there is one pixel: nothing can have been computed. */
GRA_TEST(a_batch_that_there_is_no_memory_for_is_one_error)
{
    gra_module *const net = vgg();
    gra_tensor *const pixel = gra_zeros(GRA_SHAPE(1, 3, 1, 1));
    const size_t before = gra_memory_stats().allocated;
    ck_assert_ptr_null(gra_forward(net, gra_expand(pixel, GRA_SHAPE(1 << 24, 3, 224, 224))));
    ck_assert_msg(strstr(gra_error(), "out of memory for a tensor of shape [16777216, ") &&
                      strstr(gra_error(), "(in module features.0)"),
                  "%s", gra_error());
    gra_clear_error();
    ck_assert_uint_le(gra_memory_stats().allocated - before, 4096);
    GRA_ASSERT_SHAPE(gra_forward(net, gra_zeros(GRA_SHAPE(1, 3, 32, 32))), 1, CLASSES);
    gra_free(net);
}

int main(void)
{
    enum { COUNT = sizeof networks / sizeof *networks };
    Suite *const suite = suite_create("training");
    TCase *const tcase = tcase_create("training");
    tcase_set_timeout(tcase, 600);
    tcase_add_checked_fixture(tcase, gra_test_setup, gra_test_teardown);
    tcase_add_loop_test(tcase, training_has_the_same_bits_for_any_number_of_threads, 0, COUNT);
    tcase_add_loop_test(tcase, a_steady_step_asks_the_system_for_nothing, 0, COUNT);
    tcase_add_test(tcase, a_batch_that_there_is_no_memory_for_is_one_error);
    suite_add_tcase(suite, tcase);
    const int failed = gra_test_run(suite, CK_NOFORK);
    return failed > 0;
}
