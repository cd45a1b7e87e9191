/* module.h - what tests of modules share. Comes after gradus.h. */
#ifndef GRA_TESTS_SUPPORT_MODULE_H
#define GRA_TESTS_SUPPORT_MODULE_H

#include "test.h"

/* The text of a module, which is freed. */
#define GRA_ASSERT_TEXT(module, expected) gra_test_text(module, expected, __LINE__)

static inline void gra_test_text(gra_module *m, const char *expected, int line)
{
    char *const text = gra_module_text(m);
    ck_assert_msg(text && strcmp(text, expected) == 0, "line %d: the text is %s, expected %s (%s)",
                  line, text ? text : "NULL", expected, gra_error() ? gra_error() : "no error");
    free(text);
    gra_free(m);
}

/* What a module makes of x; the module is freed. */
static inline gra_tensor *gra_test_forward(gra_module *m, gra_tensor *x)
{
    gra_tensor *const y = gra_forward(m, x);
    gra_free(m);
    return y;
}

enum { GRA_TEST_NOTES = 4096 };

/* For gra_module_named_parameters and the like: appends "name shape\n" to a text of GRA_TEST_NOTES. */
static inline int gra_test_note_tensor(const char *name, gra_tensor *tensor, void *context)
{
    char shape[GRA_SHAPE_TEXT];
    char *const text = context;
    snprintf(text + strlen(text), GRA_TEST_NOTES - strlen(text), "%s %s\n", name,
             gra_shape_text(gra_tensor_shape(tensor), shape));
    return 0;
}

#endif
