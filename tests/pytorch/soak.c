/* soak.c - 100,000 training steps: memory must not grow, and nothing may be alive at the end.
 *
 *   soak [STEPS]       prints `ok NAME` or `not ok NAME - why`
 *
 * It trains LeNet-5 at batch 1, looks at the resident memory after a tenth of the steps and at the
 * end, and also at what the allocator asked of the system in between.
 */
#include "gradus.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { ALLOWED_PAGES = 64 }; /* 256 KiB: the system's own noise; a leak of 3 bytes a step is more */

static long resident_pages(void)
{
    long pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (file && fscanf(file, "%*d %ld", &pages) != 1)
        pages = 0;
    if (file)
        fclose(file);
    return pages;
}

static void train(gra_module *net, gra_optim *opt, gra_data *data, long steps)
{
    gra_tensor *x, *y;
    for (long step = 0; step < steps && !gra_error(); step++) {
        const int mark = gra_mark();
        if (gra_data_next(data, &x, &y)) {
            gra_zero_grad(opt);
            gra_backward(gra_cross_entropy(gra_forward(net, x), y));
            gra_step(opt);
        }
        gra_release(mark);
    }
}

static void report(bool good, const char *name, long got, const char *unit)
{
    printf(good ? "ok %s (%ld %s)\n" : "not ok %s - %ld %s\n", name, got, unit);
}

int main(int argc, char **argv)
{
    const long steps = argc > 1 ? atol(argv[1]) : 100000;
    gra_set_threads(1);
    gra_module *net = gra_lenet5();
    gra_optim *opt = gra_sgd(net, .lr = 0.01, .momentum = 0.9);
    gra_data *data = gra_digits(.train = true, .batch = 1, .count = 500, .shuffle = true);

    train(net, opt, data, steps / 10);
    const long before = resident_pages();
    const uint64_t calls = gra_memory_stats().system_calls;
    train(net, opt, data, steps - steps / 10);
    const long grown = resident_pages() - before;
    const long asked = (long)(gra_memory_stats().system_calls - calls);

    report(!gra_error(), "steps_run_without_an_error", steps, gra_error() ? gra_error() : "steps");
    report(grown <= ALLOWED_PAGES, "memory_stays_constant", grown, "pages more");
    report(asked == 0, "steady_steps_ask_the_system_for_no_memory", asked, "requests");
    gra_free(data, opt, net);
    gra_release(0);
    report(gra_live() == 0, "nothing_is_alive_at_the_end", (long)gra_live(), "objects");
    return 0;
}
