/* test_graph_dot.c - drawings of graphs. */
#include "gradus.h"

#include "tests/support/test.h"

/* The drawing of t; to be freed. */
static char *drawing(const gra_tensor *t)
{
    char *text = NULL;
    size_t length = 0;
    FILE *const file = open_memstream(&text, &length);
    ck_assert_int_eq(gra_graph_dot(t, file), 0);
    fclose(file);
    return text;
}

static int count(const char *text, const char *part)
{
    int found = 0;
    for (; (text = strstr(text, part)); text++)
        found++;
    return found;
}

GRA_TEST(each_op_and_each_leaf_is_drawn_once)
{
    gra_tensor *a = gra_requires_grad(gra_vector(1, 2)), *b = gra_mul(a, a);
    char *const text = drawing(gra_add(gra_mul(b, gra_vector(3, 4)), b));
    ck_assert_int_eq(count(text, "shape=ellipse"), 3);
    ck_assert_int_eq(count(text, "shape=box"), 2); /* a and the constant */
    ck_assert_int_eq(count(text, "->"), 6);
    free(text);
}

GRA_TEST(a_leaf_is_drawn_alone)
{
    char *const text = drawing(gra_vector(1, 2, 3));
    ck_assert_int_eq(count(text, "float32\\n[3]"), 1);
    ck_assert_int_eq(count(text, "->"), 0);
    free(text);
}

/* Took minutes while each op was looked for among all others. */
GRA_TEST(a_large_graph_is_drawn_in_time_that_grows_with_it)
{
    gra_tensor *y = gra_requires_grad(gra_vector(1));
    for (int i = 0; i < 200000; i++)
        y = gra_neg(y);
    char *const text = drawing(y);
    int lines = 0;
    for (const char *at = text; *at; at++)
        lines += *at == '\n';
    ck_assert_int_eq(lines, 3 + 2 * 200000 + 2); /* the head, ops and arrows, the leaf, the end */
    free(text);
}

GRA_TEST(a_drawing_needs_a_tensor_and_a_file)
{
    ck_assert_int_eq(gra_graph_dot(NULL, stdout), -1);
    GRA_ASSERT_ERROR("gra_graph_dot: the tensor is NULL");
    ck_assert_int_eq(gra_graph_dot(gra_vector(1), NULL), -1);
    GRA_ASSERT_ERROR("gra_graph_dot: the file is NULL");
}

GRA_TEST_MAIN("graph_dot", each_op_and_each_leaf_is_drawn_once, a_leaf_is_drawn_alone,
              a_large_graph_is_drawn_in_time_that_grows_with_it,
              a_drawing_needs_a_tensor_and_a_file)
