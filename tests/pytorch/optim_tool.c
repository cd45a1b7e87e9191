/* optim_tool.c - runs optimizers for check_optim.py.
 *
 *   optim_tool run DTYPE START OUT      every case of tests/optim/optimizer_cases.h from the first values and
 *                                       along the gradients in START; OUT gets CASE.INDEX and
 *                                       CASE.INDEX.MEMORY
 *   optim_tool plans OUT                OUT gets the rates of every plan of tests/optim/scheduler_cases.h
 */
#include "tests/optim/optimizer_cases.h"
#include "tests/optim/scheduler_cases.h"

#include <stdio.h>
#include <string.h>

enum { MOST = OPTIMIZER_CASE_COUNT * 2 * 4, NAME = 64 };

typedef struct {
    char names[MOST][NAME];
    gra_tensor *tensors[MOST];
    int count;
} results;

static void add(results *all, const char *name, int index, const char *memory, gra_tensor *t)
{
    snprintf(all->names[all->count], NAME, "%s.%d%s%s", name, index, memory ? "." : "",
             memory ? memory : "");
    all->tensors[all->count++] = t;
}

static void run_case(const optimizer_case *c, gra_tensor_file *file, gra_dtype dtype, results *all)
{
    gra_tensor *p[2];
    optimizer_case_start(file, dtype, p);
    gra_optim *opt = c->make(NULL, p, 2, false);
    if (!opt || !optimizer_case_steps(opt, p, file, 0, OPTIMIZER_STEPS))
        return;
    for (int i = 0; i < 2; i++) {
        add(all, c->name, i, NULL, p[i]);
        for (int k = 0; k < OPTIMIZER_MEMORY_COUNT; k++) {
            gra_tensor *memory = gra_optim_state(opt, p[i], optimizer_memory[k]);
            gra_clear_error();
            if (memory)
                add(all, c->name, i, optimizer_memory[k], gra_clone(memory));
        }
    }
    gra_free(opt);
}

static int run(const char *dtype, const char *start, const char *out)
{
    static results all;
    const char *names[MOST];
    gra_tensor_file *file = gra_tensor_file_open(start);
    const bool wide = strcmp(dtype, "float64") == 0;
    for (int i = 0; i < OPTIMIZER_CASE_COUNT && !gra_error(); i++)
        run_case(&optimizer_cases[i], file, wide ? GRA_FLOAT64 : GRA_FLOAT32, &all);
    for (int i = 0; i < all.count; i++)
        names[i] = all.names[i];
    gra_save_tensors(out, names, all.tensors, all.count);
    gra_free(file);
    return gra_error() != NULL;
}

static int plans(const char *out)
{
    const char *names[SCHEDULER_CASE_COUNT];
    gra_tensor *rates[SCHEDULER_CASE_COUNT];
    for (int i = 0; i < SCHEDULER_CASE_COUNT && !gra_error(); i++) {
        names[i] = scheduler_cases[i].name;
        rates[i] = gra_zeros(GRA_SHAPE(SCHEDULER_STEPS + 1, 3), GRA_FLOAT64);
        scheduler_case_run(&scheduler_cases[i], gra_tensor_data(rates[i]));
    }
    gra_save_tensors(out, names, rates, SCHEDULER_CASE_COUNT);
    return gra_error() != NULL;
}

int main(int argc, char **argv)
{
    int failed = 2;
    if (argc == 5 && strcmp(argv[1], "run") == 0)
        failed = run(argv[2], argv[3], argv[4]);
    else if (argc == 3 && strcmp(argv[1], "plans") == 0)
        failed = plans(argv[2]);
    if (failed == 1)
        fprintf(stderr, "optim_tool: %s\n", gra_error());
    gra_release(0);
    return failed;
}
