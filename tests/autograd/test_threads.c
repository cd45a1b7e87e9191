/* test_threads.c - several threads at once: graphs of their own, parameters that they share.
 *
 * ./run-tests builds this program once more for ThreadSanitizer, without OpenMP, whose synchronisation
 * that tool does not see.
 */
#include "gradus.h"

#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/test.h"

enum { THREADS = 8, ROUNDS = 6, QUICK_ROUNDS = 300 };

/* ---- what a thread does ---- */

typedef struct {
    gra_module *net;    /* shared */
    gra_tensor *images; /* shared */
    const float *logits;
    const float *gradient; /* of the first weight */
    int number;
    char wrong[256]; /* what was not as expected; "" where all was */
} worker;

static void complain(worker *w, const char *what)
{
    if (!w->wrong[0])
        snprintf(w->wrong, sizeof w->wrong, "thread %d: %s: %s", w->number, what,
                 gra_error() ? gra_error() : "no error");
}

static void expect_same(worker *w, const char *what, gra_tensor *t, const float *expected)
{
    const float *const got = t ? gra_tensor_data(gra_contiguous(t)) : NULL;
    if (!got || memcmp(got, expected, (size_t)gra_tensor_numel(t) * sizeof *got) != 0)
        complain(w, what);
}

/* All threads of a test begin at once; else the first may have ended when the last one begins. */
static pthread_barrier_t start;

static void run_all(void *(*fn)(void *), gra_module *net, gra_tensor *images, const float *logits,
                    const float *gradient)
{
    pthread_t threads[THREADS];
    worker workers[THREADS];
    pthread_barrier_init(&start, NULL, THREADS);
    for (int i = 0; i < THREADS; i++) {
        workers[i] = (worker){net, images, logits, gradient, i, ""};
        ck_assert_int_eq(pthread_create(&threads[i], NULL, fn, &workers[i]), 0);
    }
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    pthread_barrier_destroy(&start);
    for (int i = 0; i < THREADS; i++)
        ck_assert_msg(workers[i].wrong[0] == 0, "%s", workers[i].wrong);
}

/* ---- inference and gradients ---- */

static gra_tensor *loss_of(gra_tensor *logits)
{
    return gra_mean(gra_square(logits));
}

static int take_first(const char *name, gra_tensor *tensor, void *context)
{
    (void)name;
    *(gra_tensor **)context = tensor;
    return 1;
}

static gra_tensor *first_weight(gra_module *net)
{
    gra_tensor *weight = NULL;
    gra_module_named_parameters(net, take_first, &weight);
    return weight;
}

/* Inference, then a backward pass to the image of this thread, then gradients of the parameters that
 * leave them alone. */
static void *infer_and_differentiate(void *context)
{
    worker *const w = context;
    pthread_barrier_wait(&start);
    for (int round = 0; round < ROUNDS; round++) {
        const int mark = gra_mark();
        const bool was = gra_set_grad(false);
        expect_same(w, "the logits differ", gra_forward(w->net, w->images), w->logits);
        gra_set_grad(was);
        gra_tensor *const x = gra_requires_grad(gra_clone(w->images));
        gra_tensor *const loss = loss_of(gra_forward(w->net, x));
        gra_tensor *const weight = first_weight(w->net);
        expect_same(w, "the gradient differs", gra_grad(loss, weight, .retain_graph = true),
                    w->gradient);
        gra_tensor *dx = gra_grad(loss, x);
        if (!dx || gra_tensor_numel(dx) != gra_tensor_numel(x))
            complain(w, "no gradient of the image");
        gra_release(mark);
    }
    return NULL;
}

GRA_TEST(threads_share_a_module_and_walk_their_own_graphs)
{
    gra_module *const net = gra_eval(gra_lenet5());
    gra_tensor *const images = gra_randn(GRA_SHAPE(2, 1, 28, 28));
    gra_tensor *const logits = gra_forward(net, images);
    gra_tensor *const gradient = gra_grad(loss_of(logits), first_weight(net));
    run_all(infer_and_differentiate, net, images, gra_tensor_data(logits),
            gra_tensor_data(gradient));
    gra_free(net);
}
END_TEST

/* The kept form of the weights is made by whoever comes first. */
GRA_TEST(threads_share_a_module_that_keeps_its_weights)
{
    gra_module *const net = gra_eval(gra_sequential(gra_nn_conv2d(3, 16, 3, .padding = 1), gra_nn_batch_norm2d(16),
                                gra_nn_relu(), gra_nn_dropout(),
                                gra_nn_conv2d(16, 16, 3, .padding = 1, .cache_weights = true)));
    gra_tensor *const images = gra_randn(GRA_SHAPE(2, 3, 12, 12));
    gra_tensor *const logits = gra_forward(net, images);
    gra_tensor *const gradient = gra_grad(loss_of(logits), first_weight(net));
    gra_tensor *const weight = gra_module_parameter(net, "4.weight");
    const bool was = gra_set_grad(false);
    gra_mul_scalar_(weight, 1); /* so that the form is made anew */
    gra_set_grad(was);
    run_all(infer_and_differentiate, net, images, gra_tensor_data(gra_contiguous(logits)),
            gra_tensor_data(gradient));
    gra_free(net);
}
END_TEST

/* ---- one leaf, many passes ---- */

static void *add_to_grads(void *context)
{
    worker *const w = context;
    pthread_barrier_wait(&start);
    for (int round = 0; round < QUICK_ROUNDS; round++) {
        const int mark = gra_mark();
        gra_tensor *const weight = gra_module_parameter(w->net, "weight");
        gra_tensor *const y = gra_mul_scalar(weight, w->number + 1);
        if (gra_backward(gra_sum(y)) < 0)
            complain(w, "the pass failed");
        gra_release(mark);
    }
    return NULL;
}

/* Whole numbers, so that the order of the sums does not matter: rounds (1 + 2 + ... + threads). */
GRA_TEST(gradients_of_a_shared_leaf_are_added_up)
{
    gra_module *const net = gra_nn_linear(3, 2);
    run_all(add_to_grads, net, NULL, NULL, NULL);
    const double sum = QUICK_ROUNDS * THREADS * (THREADS + 1) / 2;
    GRA_ASSERT_VALUES(gra_tensor_grad(gra_module_parameter(net, "weight")), sum, sum, sum, sum, sum,
                      sum);
    gra_free(net);
}
END_TEST

/* ---- a view that is out of date ---- */

static void *read_the_view(void *context)
{
    static const float expected[] = {2, 4};
    worker *const w = context;
    pthread_barrier_wait(&start);
    const int mark = gra_mark();
    gra_tensor *const twice = gra_mul_scalar(w->images, 2);
    expect_same(w, "the view differs", twice, expected);
    if (!gra_tensor_requires_grad(twice) || gra_is_leaf(w->images))
        complain(w, "the view has no history");
    gra_release(mark);
    return NULL;
}

/* Whoever comes first gives it the history of its tensor; all find it. */
GRA_TEST(threads_bring_a_view_up_to_date_together)
{
    gra_tensor *const leaf = gra_requires_grad(gra_vector(1, 2, 3));
    for (int round = 0; round < ROUNDS; round++) {
        gra_tensor *const y = gra_zeros(GRA_SHAPE(3)), *const view = gra_narrow(y, 0, 0, 2);
        gra_add_(y, leaf);
        run_all(read_the_view, NULL, view, NULL, NULL);
        GRA_ASSERT_VALUES(gra_grad(gra_sum(view), leaf), 1, 1, 0);
    }
}
END_TEST

/* ---- what belongs to a thread ---- */

static void *fail_alone(void *context)
{
    worker *const w = context;
    pthread_barrier_wait(&start);
    for (int round = 0; round < QUICK_ROUNDS; round++) {
        const int mark = gra_mark();
        char expected[64];
        snprintf(expected, sizeof expected, "mistake %d of thread %d", round, w->number);
        if (gra_error())
            complain(w, "the error of another thread");
        if (w->number % 2 == 0)
            gra_fail("%s", expected);
        if (w->number % 2 == 0 && (!gra_error() || strcmp(gra_error(), expected) != 0))
            complain(w, "another error");
        gra_clear_error();
        const bool was = gra_set_grad(w->number % 2 == 0);
        gra_tensor *const y = gra_add(gra_requires_grad(gra_ones(GRA_SHAPE(2))), w->images);
        if (gra_tensor_requires_grad(y) != (w->number % 2 == 0))
            complain(w, "the grad mode of another thread");
        gra_set_grad(was);
        gra_release(mark);
        if (gra_mark() != mark)
            complain(w, "the scope of another thread");
    }
    return NULL;
}

GRA_TEST(error_scope_and_grad_mode_belong_to_a_thread)
{
    run_all(fail_alone, NULL, gra_ones(GRA_SHAPE(2)), NULL, NULL);
}
END_TEST

static void *free_what_another_made(void *context)
{
    gra_tensor *const t = context;
    gra_free(t);
    return NULL;
}

GRA_TEST(a_tensor_may_end_on_another_thread)
{
    const int64_t before = gra_live();
    const int mark = gra_mark();
    gra_tensor *const t = gra_keep(gra_square(gra_requires_grad(gra_ones(GRA_SHAPE(3)))));
    gra_release(mark);
    pthread_t thread;
    ck_assert_int_eq(pthread_create(&thread, NULL, free_what_another_made, t), 0);
    pthread_join(thread, NULL);
    ck_assert_int_eq(gra_live(), before);
}
END_TEST

/* ---- teams ---- */

typedef struct {
    int by_default, asked, back;
} team;

static void use_a_team(void)
{
    const int mark = gra_mark();
    gra_sum(gra_add_scalar(gra_zeros(GRA_SHAPE(1 << 17)), 1));
    gra_release(mark);
}

static void *look_at_teams(void *context)
{
    team *const t = context;
    use_a_team();
    t->by_default = gra_threads();
    gra_set_threads(2);
    use_a_team();
    t->asked = gra_threads();
    gra_set_threads(0);
    t->back = gra_threads();
    return NULL;
}

GRA_TEST(a_second_thread_works_alone_unless_it_asks)
{
    team t;
    pthread_t thread;
    use_a_team();
    const int mine = gra_threads();
    gra_set_threads(3);
    const int asked = gra_threads();
    const bool teams = asked == 3; /* else a build without OpenMP, where all are 1 */
    ck_assert_int_eq(pthread_create(&thread, NULL, look_at_teams, &t), 0);
    pthread_join(thread, NULL);
    ck_assert_int_eq(t.by_default, 1);
    ck_assert_int_eq(t.asked, teams ? 2 : 1);
    ck_assert_int_eq(t.back, 1);
    ck_assert_int_eq(gra_threads(), asked);
    gra_set_threads(0);
    ck_assert_int_eq(gra_threads(), mine);
}
END_TEST

static void *take_the_team(void *context)
{
    use_a_team();
    *(int *)context = gra_threads();
    return NULL;
}

/* Also where they come one after the other, as in a program that has a thread for each request. It is the
 * first test, as the main thread has run nothing then. */
GRA_TEST(the_team_is_there_for_the_next_thread)
{
    const int whole = gra_threads();
    for (int i = 0; i < 2; i++) {
        pthread_t thread;
        int found = 0;
        ck_assert_int_eq(pthread_create(&thread, NULL, take_the_team, &found), 0);
        pthread_join(thread, NULL);
        ck_assert_int_eq(found, whole);
    }
}
END_TEST

/* OpenMP's team stays with the parent; waiting for it the child would hang. */
GRA_TEST(a_child_process_works_alone)
{
    gra_set_threads(2);
    gra_tensor *a = gra_ones(GRA_SHAPE(512, 512));
    ck_assert_double_eq(gra_item(gra_sum(gra_matmul(a, a))), 0x1p27);
    const pid_t child = fork();
    if (child == 0) {
        alarm(20);
        _exit(gra_threads() == 1 && gra_item(gra_sum(gra_matmul(a, a))) == 0x1p27 ? 0 : 1);
    }
    int status = -1;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
    gra_set_threads(0);
}

GRA_TEST_MAIN("threads", the_team_is_there_for_the_next_thread,
              threads_share_a_module_and_walk_their_own_graphs,
              threads_share_a_module_that_keeps_its_weights,
              gradients_of_a_shared_leaf_are_added_up, threads_bring_a_view_up_to_date_together,
              error_scope_and_grad_mode_belong_to_a_thread, a_tensor_may_end_on_another_thread,
              a_second_thread_works_alone_unless_it_asks, a_child_process_works_alone)
