/* test_workers_fork.c - workers when the process forks, and when it ends without freeing the loader; apart
 * from the others, as ThreadSanitizer does not run threads behind a fork. */
#include "numbers.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/wait.h>

static gra_data *shared_data; /* reachable when a process ends */

/* The exit status of a child that runs fn. It ends as programs do, or at once: what the parent's threads had
 * on their stacks is nobody's in the child, which a search for leaks would report. */
static int in_child(int (*fn)(void), void (*end)(int))
{
    fflush(NULL);
    const pid_t child = fork();
    if (child == 0) {
        alarm(60);
        end(fn());
    }
    int status = -1;
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

static int read_the_rest(void)
{
    static reading r;
    read_batches(shared_data, &r, MOST);
    gra_free(shared_data);
    gra_release(0);
    return r.count;
}

GRA_TEST(a_fork_takes_the_loader_along_and_starts_workers_of_its_own)
{
    static reading r;
    for (int round = 0; round < 5; round++) {
        shared_data = gra_loader(numbers_with((numbers){.size = 100, .takes = 300}), .batch = 4,
                                 .workers = 3);
        read_batches(shared_data, &r, round);
        ck_assert_int_eq(in_child(read_the_rest, _exit), 100 - 4 * round);
        read_batches(shared_data, &r, MOST);
        ck_assert_int_eq(r.count, 100 - 4 * round);
        gra_free(shared_data);
        shared_data = NULL;
    }
}

/* Forks again and again while another thread leaves epochs in the middle. */
static void *fork_on(void *stop)
{
    while (!__atomic_load_n((int *)stop, __ATOMIC_RELAXED)) {
        const pid_t child = fork();
        if (child == 0)
            _exit(0);
        waitpid(child, NULL, 0);
    }
    return NULL;
}

GRA_TEST(an_epoch_may_be_left_while_another_thread_forks)
{
    static reading got, expected;
    pthread_t thread;
    int stop = 0;
    gra_data *const data =
        gra_loader(numbers_with((numbers){.size = 64, .takes = 200}), .batch = 8, .workers = 3);
    gra_data *const alone = gra_loader(numbers_of(64), .batch = 8);
    ck_assert_int_eq(pthread_create(&thread, NULL, fork_on, &stop), 0);
    for (int round = 0; round < 500; round++) {
        read_batches(data, &got, 1);
        read_batches(alone, &expected, 1);
        ck_assert(same_reading(&got, &expected));
        gra_data_rewind(data);
        gra_data_rewind(alone);
    }
    __atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
    pthread_join(thread, NULL);
    gra_free(data, alone);
}

static int leave_the_loader(void)
{
    gra_tensor *x, *y;
    shared_data =
        gra_loader(numbers_with((numbers){.size = 1000, .takes = 1000}), .batch = 4, .workers = 3);
    return gra_data_next(shared_data, &x, &y) ? 17 : 1;
}

GRA_TEST(a_program_may_end_without_freeing_its_loader)
{
    ck_assert_int_eq(in_child(leave_the_loader, exit), 17);
}

GRA_TEST_MAIN("workers_fork", a_fork_takes_the_loader_along_and_starts_workers_of_its_own,
              an_epoch_may_be_left_while_another_thread_forks,
              a_program_may_end_without_freeing_its_loader)
