/* optim_tool.c - runs optimizers for check_optim.py.
 *
 *   optim_tool run DTYPE START OUT      every case of tests/optim/optimizer_cases.h from the first values and
 *                                       along the gradients in START; OUT gets CASE.INDEX and
 *                                       CASE.INDEX.MEMORY
 *   optim_tool part NAME DTYPE START FIRST END IN OUT
 *                                       steps FIRST to END of one case, of a run that was saved to IN
 *                                       where FIRST is not 0, and saves it to OUT
 *   optim_tool plans OUT                OUT gets the rates of every plan of tests/optim/scheduler_cases.h
 */
#include "tests/optim/optimizer_cases.h"
#include "tests/optim/scheduler_cases.h"

#include <stdio.h>
#include <stdlib.h>
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

static gra_dtype dtype_of(const char *name)
{
    return strcmp(name, "float64") == 0 ? GRA_FLOAT64 : GRA_FLOAT32;
}

static int run(const char *dtype, const char *start, const char *out)
{
    static results all;
    const char *names[MOST];
    gra_tensor_file *file = gra_tensor_file_open(start);
    for (int i = 0; i < OPTIMIZER_CASE_COUNT && !gra_error(); i++)
        run_case(&optimizer_cases[i], file, dtype_of(dtype), &all);
    for (int i = 0; i < all.count; i++)
        names[i] = all.names[i];
    gra_save_tensors(out, names, all.tensors, all.count);
    gra_free(file);
    return gra_error() != NULL;
}

/* A module whose parameters are "a" and "b". */
static gra_module *two_parameters(gra_tensor *const *p)
{
    static const gra_module_class two_class = {.name = "Two"};
    gra_module *two = gra_module_new(&two_class, 0);
    gra_module_add_parameter(two, "a", p[0]);
    gra_module_add_parameter(two, "b", p[1]);
    return gra_module_finish(two);
}

static int part(char **argv)
{
    const int first = atoi(argv[3]), end = atoi(argv[4]);
    gra_tensor *p[2];
    gra_tensor_file *file = gra_tensor_file_open(argv[2]);
    optimizer_case_start(file, dtype_of(argv[1]), p);
    gra_module *two = two_parameters(p);
    for (int i = 0; i < OPTIMIZER_CASE_COUNT; i++) {
        if (strcmp(optimizer_cases[i].name, argv[0]) != 0)
            continue;
        gra_optim *opt = optimizer_cases[i].make(two, NULL, 0, false);
        if (first)
            gra_load_training(argv[5], two, opt);
        optimizer_case_steps(opt, p, file, first, end);
        gra_save_training(argv[6], two, opt);
        gra_free(opt);
    }
    gra_free(file, two);
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
    else if (argc == 9 && strcmp(argv[1], "part") == 0)
        failed = part(argv + 2);
    else if (argc == 3 && strcmp(argv[1], "plans") == 0)
        failed = plans(argv[2]);
    if (failed == 1)
        fprintf(stderr, "optim_tool: %s\n", gra_error());
    gra_release(0);
    return failed;
}
