/* test_interrupt.c - real signals: to this process, and to one that trains. */
#include "gradus.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../support/test.h"

GRA_TEST(the_first_signal_sets_a_flag)
{
    ck_assert_int_eq(gra_catch_interrupt(), 0);
    ck_assert_int_eq(gra_interrupted(), 0);
    raise(SIGINT);
    ck_assert_int_eq(gra_interrupted(), SIGINT);
    ck_assert_int_eq(gra_catch_interrupt(), 0);
    ck_assert_int_eq(gra_interrupted(), 0);
    raise(SIGTERM);
    ck_assert_int_eq(gra_interrupted(), SIGTERM);
    gra_restore_interrupt();
    ck_assert_int_eq(gra_interrupted(), SIGTERM);
}

static volatile sig_atomic_t own;

static void own_handler(int number)
{
    own = number;
}

GRA_TEST(the_handlers_before_are_put_back)
{
    signal(SIGINT, own_handler);
    signal(SIGTERM, SIG_IGN);
    gra_catch_interrupt();
    raise(SIGINT);
    ck_assert_int_eq(own, 0);
    gra_catch_interrupt();
    raise(SIGTERM); /* was ignored and is */
    ck_assert_int_eq(gra_interrupted(), 0);
    gra_restore_interrupt();
    gra_restore_interrupt();
    raise(SIGINT);
    ck_assert_int_eq(own, SIGINT);
    signal(SIGINT, SIG_DFL);
    ck_assert(signal(SIGTERM, SIG_DFL) == SIG_IGN);
}

/* In another process: what it does, and how it ended. */
static int status_of(void (*run)(int to), int *from)
{
    int ends[2], status;
    ck_assert_int_eq(pipe(ends), 0);
    fflush(stdout);
    const pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        close(ends[0]);
        alarm(120);
        run(ends[1]);
        _exit(0);
    }
    close(ends[1]);
    char byte;
    if (read(ends[0], &byte, 1) == 1) /* it has begun */
        kill(child, SIGINT);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    *from = ends[0];
    return status;
}

static void ignore_one(int to)
{
    gra_catch_interrupt();
    if (write(to, "b", 1) != 1)
        _exit(3);
    while (!gra_interrupted())
        usleep(1000);
    raise(SIGINT);
    _exit(4);
}

GRA_TEST(the_second_signal_ends_the_program)
{
    int from;
    const int status = status_of(ignore_one, &from);
    ck_assert(WIFSIGNALED(status));
    ck_assert_int_eq(WTERMSIG(status), SIGINT);
    close(from);
}

/* ---- a run that is interrupted, saves, and goes on ---- */

enum { STEPS = 6 };
static char path[64];

typedef struct run {
    gra_module *net;
    gra_optim *opt;
    int step;
} run;

static run begin_run(void)
{
    gra_manual_seed(3);
    gra_module *const net = gra_nn_linear(2, 1);
    return (run){.net = net, .opt = gra_sgd(net, .lr = 0.1, .momentum = 0.9)};
}

static void train_step(run *r)
{
    const int mark = gra_mark();
    gra_tensor *x = gra_randn(GRA_SHAPE(4, 2));
    gra_zero_grad(r->opt);
    gra_backward(gra_mse_loss(gra_forward(r->net, x), gra_zeros(GRA_SHAPE(4, 1))));
    gra_step(r->opt);
    gra_release(mark);
    r->step++;
}

/* Takes half of the steps, waits for the signal in the middle of one, finishes it and saves. */
static void interrupted_run(int to)
{
    gra_catch_interrupt();
    run r = begin_run();
    while (!gra_interrupted()) {
        if (r.step == STEPS / 2 - 1) {
            if (write(to, "b", 1) != 1)
                _exit(3);
            while (!gra_interrupted())
                usleep(1000);
        }
        train_step(&r);
    }
    gra_save_training(path, .module = r.net, .optim = r.opt);
    dprintf(to, "interrupted after step %d: saved to %s\n", r.step, path);
    gra_restore_interrupt();
    gra_free(r.opt, r.net);
    _exit(gra_error() || gra_live() ? 5 : 0);
}

static gra_tensor *weight_of(const run *r)
{
    return gra_module_parameter(r->net, "weight");
}

GRA_TEST(an_interrupted_run_finishes_its_step_saves_says_where_and_goes_on)
{
    char said[256] = "", expected[256];
    int from;
    snprintf(path, sizeof path, "/tmp/gradus-interrupt-%d.safetensors", (int)getpid());
    const int status = status_of(interrupted_run, &from);
    ck_assert(WIFEXITED(status));
    ck_assert_int_eq(WEXITSTATUS(status), 0);
    ck_assert_int_gt(read(from, said, sizeof said - 1), 0);
    close(from);
    snprintf(expected, sizeof expected, "interrupted after step %d: saved to %s\n", STEPS / 2,
             path);
    ck_assert_str_eq(said, expected);

    run whole = begin_run();
    while (whole.step < STEPS)
        train_step(&whole);
    run resumed = begin_run();
    ck_assert_int_eq(gra_load_training(path, .module = resumed.net, .optim = resumed.opt), 0);
    for (resumed.step = STEPS / 2; resumed.step < STEPS;)
        train_step(&resumed);
    for (int64_t i = 0; i < 2; i++)
        ck_assert_double_eq(gra_tensor_at(weight_of(&resumed), GRA_SHAPE(0, i)),
                            gra_tensor_at(weight_of(&whole), GRA_SHAPE(0, i)));
    unlink(path);
    gra_free(whole.opt, whole.net, resumed.opt, resumed.net);
}

GRA_TEST_MAIN("interrupt", the_first_signal_sets_a_flag, the_handlers_before_are_put_back,
              the_second_signal_ends_the_program,
              an_interrupted_run_finishes_its_step_saves_says_where_and_goes_on)
