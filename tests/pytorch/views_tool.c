/* views_tool.c - runs programs of views and writes into them, for check_views.py.
 *
 *     views_tool FILE
 *
 * A line of the file is an instruction: its name, the number of the variable that it makes (-1 for
 * none), numbers of variables, and other numbers.  "end" ends a program.  For each line comes one line: "ok"
 * and the numbers that the instruction gives, "error", or "skip" where a variable that it needs was
 * not made.
 */
#include "gradus.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { VARIABLES = 128, NUMBERS = 32 };

typedef struct {
    char name[32];
    int made, count;
    double number[NUMBERS];
} instruction;

static gra_tensor *variable[VARIABLES];

static bool read_instruction(char *line, instruction *in)
{
    char *at = strtok(line, " \n");
    if (!at)
        return false;
    snprintf(in->name, sizeof in->name, "%s", at);
    in->made = (at = strtok(NULL, " \n")) ? atoi(at) : -1;
    in->count = 0;
    while (in->count < NUMBERS && (at = strtok(NULL, " \n")))
        in->number[in->count++] = strtod(at, NULL);
    return true;
}

static int64_t whole(const instruction *in, int i)
{
    return (int64_t)in->number[i];
}

/* Numbers `first` to `first + count - 1` as sizes. */
static gra_shape sizes(const instruction *in, int first, int count)
{
    int64_t size[NUMBERS];
    for (int i = 0; i < count; i++)
        size[i] = whole(in, first + i);
    return gra_shape_of(size, count);
}

/* Values that differ from tensor to tensor: number 0 is a seed, the others are the shape. */
static gra_tensor *filled(const instruction *in)
{
    gra_tensor *const t = gra_empty(sizes(in, 1, in->count - 1), GRA_FLOAT64);
    double *const p = gra_tensor_data(t);
    for (int64_t i = 0; i < gra_tensor_numel(t); i++)
        p[i] = 0.5 + (double)((7 * i + 3 * whole(in, 0)) % 11) / 8;
    return t;
}

/* ---- instructions ---- */

typedef gra_tensor *(*run_fn)(const instruction *in, gra_tensor *a, gra_tensor *b);

#define RUN(name, expression)                                                                      \
    static gra_tensor *run_##name(const instruction *in, gra_tensor *a, gra_tensor *b)             \
    {                                                                                              \
        (void)in, (void)a, (void)b;                                                                \
        return expression;                                                                         \
    }

RUN(leaf, gra_requires_grad(filled(in)))
RUN(constant, filled(in))
RUN(twice, gra_mul_scalar(a, 2))
RUN(square, gra_square(a))
RUN(tanh, gra_tanh(a))
RUN(clone, gra_clone(a))
RUN(detach, gra_detach(a))
RUN(sum, gra_sum(a))
RUN(add, gra_add(a, b))
RUN(mul, gra_mul(a, b))
RUN(select, gra_select(a, whole(in, 1), whole(in, 2)))
RUN(narrow, gra_narrow(a, whole(in, 1), whole(in, 2), whole(in, 3)))
RUN(transpose, gra_transpose(a, whole(in, 1), whole(in, 2)))
RUN(unsqueeze, gra_unsqueeze(a, whole(in, 1)))
RUN(squeeze, gra_squeeze(a, GRA_ALL_DIMS))
RUN(expand, gra_expand(a, sizes(in, 1, in->count - 1)))
RUN(view, gra_view(a, sizes(in, 1, in->count - 1)))
RUN(reshape, gra_reshape(a, sizes(in, 1, in->count - 1)))
RUN(flatten, gra_flatten(a, 0, -1))
RUN(as_strided,
    gra_as_strided(a, sizes(in, 2, (in->count - 2) / 2),
                   sizes(in, 2 + (in->count - 2) / 2, (in->count - 2) / 2), whole(in, 1)))
RUN(add_, gra_add_(a, b))
RUN(sub_, gra_sub_(a, b))
RUN(mul_, gra_mul_(a, b))
RUN(div_, gra_div_(a, b))
RUN(copy_, gra_copy_(a, b))
RUN(scale_, gra_mul_scalar_(a, in->number[1]))
RUN(shift_, gra_add_scalar_(a, in->number[1]))
RUN(fill_, gra_fill_(a, in->number[1]))
RUN(zero_, gra_zero_(a))
RUN(relu_, gra_relu_(a))
RUN(clamp_, gra_clamp_(a, in->number[1], in->number[2]))
RUN(retain, gra_retain_grad(a) ? NULL : a)
RUN(read, a)
RUN(grad, gra_grad(gra_sum(a), b, .retain_graph = true))

static gra_tensor *run_record(const instruction *in, gra_tensor *a, gra_tensor *b)
{
    (void)a, (void)b;
    gra_set_grad(in->number[0] != 0);
    return NULL;
}

static gra_tensor *run_backward(const instruction *in, gra_tensor *a, gra_tensor *b)
{
    (void)in, (void)b;
    gra_backward(gra_sum(a), .retain_graph = true);
    return NULL;
}

/* The gradient, by b, of the square of the gradient of a by b. */
static gra_tensor *run_grad2(const instruction *in, gra_tensor *a, gra_tensor *b)
{
    (void)in;
    gra_tensor *const g = gra_grad(gra_sum(a), b, .create_graph = true);
    return gra_grad(gra_sum(gra_square(g)), b, .retain_graph = true, .allow_unused = true);
}

static gra_tensor *run_flags(const instruction *in, gra_tensor *a, gra_tensor *b)
{
    (void)in, (void)b;
    return gra_from_data(((double[]){gra_tensor_requires_grad(a), gra_is_leaf(a)}), GRA_SHAPE(2),
                         GRA_FLOAT64);
}

static gra_tensor *run_collected(const instruction *in, gra_tensor *a, gra_tensor *b)
{
    (void)in, (void)b;
    return gra_tensor_grad(a);
}

static const struct {
    const char *name;
    run_fn run;
    int tensors; /* how many of its first numbers are variables */
} known[] = {
#define KNOWN(name, tensors)                                                                       \
    {                                                                                              \
#name, run_##name, tensors                                                                 \
    }
    KNOWN(leaf, 0),       KNOWN(constant, 0),  KNOWN(record, 0),  KNOWN(twice, 1),
    KNOWN(square, 1),     KNOWN(tanh, 1),      KNOWN(clone, 1),   KNOWN(detach, 1),
    KNOWN(sum, 1),        KNOWN(add, 2),       KNOWN(mul, 2),     KNOWN(select, 1),
    KNOWN(narrow, 1),     KNOWN(squeeze, 1),   KNOWN(expand, 1),  KNOWN(transpose, 1),
    KNOWN(view, 1),       KNOWN(unsqueeze, 1), KNOWN(flatten, 1), KNOWN(reshape, 1),
    KNOWN(as_strided, 1), KNOWN(add_, 2),      KNOWN(sub_, 2),    KNOWN(mul_, 2),
    KNOWN(div_, 2),       KNOWN(copy_, 2),     KNOWN(scale_, 1),  KNOWN(shift_, 1),
    KNOWN(fill_, 1),      KNOWN(zero_, 1),     KNOWN(relu_, 1),   KNOWN(clamp_, 1),
    KNOWN(retain, 1),     KNOWN(read, 1),      KNOWN(flags, 1),   KNOWN(backward, 1),
    KNOWN(collected, 1),  KNOWN(grad, 2),      KNOWN(grad2, 2),
};

static void print_elements(gra_tensor *t)
{
    const bool was = gra_set_grad(false);
    gra_tensor *const flat = gra_flatten(gra_detach(t), 0, -1);
    for (int64_t i = 0; i < gra_tensor_numel(flat); i++)
        printf(" %.17g", gra_tensor_at(flat, GRA_SHAPE(i)));
    gra_set_grad(was);
}

/* Runs one instruction and prints its line; false where there is none of that name. */
static bool run(const instruction *in)
{
    size_t k = 0;
    while (k < sizeof known / sizeof *known && strcmp(known[k].name, in->name) != 0)
        k++;
    if (k == sizeof known / sizeof *known || in->made >= VARIABLES)
        return false;
    gra_tensor *argument[2] = {NULL, NULL};
    for (int i = 0; i < known[k].tensors; i++)
        if (!(argument[i] = variable[whole(in, i)])) {
            puts("skip");
            return true;
        }
    gra_tensor *const result = known[k].run(in, argument[0], argument[1]);
    if (gra_error()) {
        printf("error %s\n", gra_error());
        gra_clear_error();
        return true;
    }
    fputs("ok", stdout);
    if (in->made >= 0)
        variable[in->made] = result;
    else if (result)
        print_elements(result);
    putchar('\n');
    return true;
}

static void end_program(void)
{
    gra_set_grad(true);
    gra_release(0);
    memset(variable, 0, sizeof variable);
    printf("end %lld\n", (long long)gra_live());
}

int main(int argc, char **argv)
{
    FILE *const file = argc == 2 ? fopen(argv[1], "r") : NULL;
    if (!file) {
        fprintf(stderr, "usage: views_tool FILE\n");
        return 2;
    }
    char line[1024];
    instruction in;
    bool fine = true;
    while (fine && fgets(line, sizeof line, file)) {
        if (!read_instruction(line, &in))
            continue;
        if (strcmp(in.name, "end") == 0)
            end_program();
        else if (!(fine = run(&in)))
            fprintf(stderr, "views_tool: there is no instruction '%s'\n", in.name);
    }
    fclose(file);
    return fine ? 0 : 1;
}
