/* recorded.h - the table of all cases, and what PyTorch recorded of them, for the tests that go through it.
 *
 * A case is a C expression of tests/ops/cases/ and tensors NAME/in0/LAYOUT, NAME/out, NAME/seed and
 * NAME/grad0 in one of the files of tests/ops/recorded/ (tests/pytorch/support.py says what they are).
 */
#ifndef GRA_TESTS_OPS_CASES_RECORDED_H
#define GRA_TESTS_OPS_CASES_RECORDED_H

#include <glob.h>

#include "gradus.h"
#include "tests/support/test.h"

#include "all.h" /* the functions that cases use; with CASE defined, the cases */

enum { MAX_IN = 8, NAME = 128, MAX_FILES = 64 };

typedef struct {
    const char *name;
    gra_tensor *(*run)(gra_tensor **in);
} op_case;

#define CASE(name, expression)                                                                     \
    static gra_tensor *run_##name(gra_tensor **in)                                                 \
    {                                                                                              \
        (void)in;                                                                                  \
        return expression;                                                                         \
    }
#include "all.h"
#undef CASE

static const op_case cases[] = {
#define CASE(name, expression) {#name, run_##name},
#include "all.h"
#undef CASE
};

enum { CASES = sizeof cases / sizeof cases[0] };

static gra_tensor_file *recorded[MAX_FILES];
static int file_count;

/* ---- a case's tensors ---- */

/* The recorded tensor NAME/part, or NULL where there is none. */
static gra_tensor *part(const char *name, const char *what)
{
    char key[2 * NAME];
    snprintf(key, sizeof key, "%s/%s", name, what);
    for (int f = 0; f < file_count; f++)
        for (int i = 0; i < gra_tensor_file_count(recorded[f]); i++)
            if (strcmp(gra_tensor_file_name(recorded[f], i), key) == 0)
                return gra_tensor_file_get(recorded[f], key);
    return NULL;
}

/* The same elements laid out in another way: the last two dims exchanged, every second element, or
 * channels-last. */
static gra_tensor *arranged(gra_tensor *x, const char *layout)
{
    if (strcmp(layout, "transposed") == 0)
        return gra_transpose(gra_contiguous(gra_transpose(x, -1, -2)), -1, -2);
    if (strcmp(layout, "strided") == 0)
        return gra_select(gra_stack((gra_tensor *[]){x, x}, 2, -1), -1, 0);
    if (strcmp(layout, "channels_last") == 0)
        return gra_to_channels_last(x);
    return x;
}

typedef struct {
    const op_case *c;
    int count;
    gra_tensor *in[MAX_IN]; /* leaves, row-major */
    const char *layout[MAX_IN];
} run_of;

static run_of inputs_of(const op_case *c, gra_dtype dtype)
{
    static const char *const layouts[] = {"plain", "transposed", "strided", "channels_last"};
    run_of r = {.c = c};
    for (; r.count < MAX_IN; r.count++) {
        gra_tensor *x = NULL;
        char what[NAME];
        for (int k = 0; k < 4 && !x; k++) {
            snprintf(what, sizeof what, "in%d/%s", r.count, layouts[k]);
            x = part(c->name, what);
            r.layout[r.count] = layouts[k];
        }
        if (!x)
            break;
        snprintf(what, sizeof what, "grad%d", r.count);
        const bool wants_gradient = part(c->name, what) != NULL;
        if (gra_dtype_is_floating(gra_tensor_dtype(x)))
            x = gra_to(x, dtype);
        r.in[r.count] = wants_gradient ? gra_requires_grad(x) : x;
    }
    return r;
}

static gra_tensor *evaluate(gra_tensor *const *in, int count, void *context)
{
    const run_of *const r = context;
    gra_tensor *arranged_in[MAX_IN] = {0};
    for (int i = 0; i < count; i++)
        arranged_in[i] = arranged(in[i], r->layout[i]);
    return r->c->run(arranged_in);
}

static bool open_recorded(const char *folder)
{
    char pattern[4096];
    glob_t found;
    snprintf(pattern, sizeof pattern, "%s/*.safetensors", folder);
    if (glob(pattern, 0, NULL, &found) != 0 || found.gl_pathc > MAX_FILES) {
        fprintf(stderr, "recorded cases: %s does not match 1 to %d files\n", pattern, MAX_FILES);
        return false;
    }
    for (size_t i = 0; i < found.gl_pathc; i++)
        recorded[file_count++] = gra_tensor_file_open(found.gl_pathv[i]);
    globfree(&found);
    if (gra_error())
        fprintf(stderr, "recorded cases: %s\n", gra_error());
    return !gra_error();
}

static void close_recorded(void)
{
    gra_free_objects((void *const *)recorded, (size_t)file_count);
}

#endif
