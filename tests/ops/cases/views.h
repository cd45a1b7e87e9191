/* views.h - cases of as_strided, and of writes into views; their twins are in tests/pytorch/cases/views.py.
 *
 * CASE(name, expression): the expression gives a tensor from gra_tensor **in.
 */
#ifndef GRA_TESTS_OPS_CASES_VIEWS_H
#define GRA_TESTS_OPS_CASES_VIEWS_H

/* x after a write into it or into a view of it. */
static inline gra_tensor *views_after(gra_tensor *x, gra_tensor *write)
{
    return write ? x : NULL;
}

/* A tensor of zeros whose row 1 was written, whose column 0 then was, and of which both are read. */
static inline gra_tensor *views_cross(gra_tensor *row, gra_tensor *column)
{
    gra_tensor *const x = gra_zeros(GRA_SHAPE(3, 4), gra_tensor_dtype(row));
    gra_tensor *const first = gra_select(x, 1, 0), *const second = gra_select(x, 0, 1);
    gra_copy_(second, row);
    gra_tensor *const before = gra_mul_scalar(second, 3);
    gra_mul_(first, gra_add(column, gra_narrow(first, 0, 1, 1)));
    return gra_cat((gra_tensor *[]){before, first, second, gra_reshape(x, GRA_SHAPE(-1))}, 4, 0);
}

/* A tensor that is read, and overwritten in a part of a part of it. */
static inline gra_tensor *views_nested(gra_tensor *x, gra_tensor *w)
{
    gra_tensor *const y = gra_mul_scalar(x, 2), *const part = gra_narrow(y, 1, 1, 3);
    gra_tensor *const turned = gra_transpose(part, 0, 1), *const corner =
                                                              gra_narrow(turned, 0, 0, 2);
    gra_div_(gra_add_(corner, w), w);
    return gra_cat((gra_tensor *[]){gra_reshape(y, GRA_SHAPE(-1)),
                                    gra_reshape(turned, GRA_SHAPE(-1)),
                                    gra_reshape(corner, GRA_SHAPE(-1))},
                   3, 0);
}

/* A part of y = 2 x that a write overwrites with another part of it. */
static inline gra_tensor *views_shift(gra_tensor *x)
{
    gra_tensor *const y = gra_mul_scalar(x, 2);
    return views_after(y, gra_copy_(gra_narrow(y, 0, 1, 2), gra_narrow(y, 0, 0, 2)));
}

static inline gra_tensor *views_relu(gra_tensor *x)
{
    gra_tensor *const y = gra_mul_scalar(x, 2), *const v = gra_narrow(y, 1, 0, 2);
    gra_mul_scalar_(gra_narrow(y, 1, 2, 1), 3);
    return views_after(y, gra_relu_(v));
}

static inline gra_tensor *views_strided(gra_tensor *x)
{
    gra_tensor *const y = gra_mul_scalar(x, 2);
    gra_tensor *const v = gra_as_strided(y, GRA_SHAPE(2, 2), GRA_SHAPE(4, 2), 1);
    return views_after(y, gra_mul_(v, gra_clone(gra_select(y, 0, 0))));
}

#endif

#ifdef CASE
CASE(as_strided, gra_as_strided(in[0], GRA_SHAPE(2, 2), GRA_SHAPE(1, 3), 0))
CASE(as_strided_offset, gra_as_strided(in[0], GRA_SHAPE(2, 2), GRA_SHAPE(2, 1), 2))
CASE(as_strided_own_offset,
     gra_as_strided(gra_narrow(in[0], 0, 1, 2), GRA_SHAPE(2, 2), GRA_SHAPE(2, 1), -1))
CASE(as_strided_inside_a_view,
     gra_as_strided(gra_narrow(in[0], 0, 1, 2), GRA_SHAPE(2, 2), GRA_SHAPE(4, 1), 5))
CASE(as_strided_windows, gra_as_strided(in[0], GRA_SHAPE(5, 3), GRA_SHAPE(1, 1), 0))
CASE(as_strided_repeated, gra_as_strided(in[0], GRA_SHAPE(2, 3, 2), GRA_SHAPE(2, 0, 1), 1))
CASE(as_strided_of_transposed,
     gra_as_strided(gra_transpose(in[0], 0, 1), GRA_SHAPE(2, 3), GRA_SHAPE(4, 1), 1))
CASE(as_strided_of_expanded,
     gra_as_strided(gra_expand(in[0], GRA_SHAPE(3, 4)), GRA_SHAPE(2, 2), GRA_SHAPE(1, 1), 0))
CASE(as_strided_of_strided, gra_as_strided(gra_select(in[0], 1, 1), GRA_SHAPE(2), GRA_SHAPE(6), 1))
CASE(as_strided_scalar, gra_as_strided(in[0], GRA_SCALAR, GRA_SCALAR, 3))
CASE(as_strided_empty, gra_as_strided(in[0], GRA_SHAPE(0, 2), GRA_SHAPE(2, 1), 0))
CASE(as_strided_of_empty, gra_as_strided(in[0], GRA_SHAPE(2, 0), GRA_SHAPE(1, 1), 0))
CASE(as_strided_size_one, gra_as_strided(in[0], GRA_SHAPE(1, 2, 1), GRA_SHAPE(9, 1, 7), 0))
CASE(as_strided_squared, gra_square(gra_as_strided(in[0], GRA_SHAPE(3, 2), GRA_SHAPE(1, 2), 0)))
CASE(views_cross, views_cross(in[0], in[1]))
CASE(views_nested, views_nested(in[0], in[1]))
CASE(views_shift, views_shift(in[0]))
CASE(views_relu, views_relu(in[0]))
CASE(views_strided, views_strided(in[0]))
#endif
