/* tensors.c - making tensors, reading them, views, broadcasting.
 *
 * Quoted by docs/tutorial/01-tensors-and-the-graph.md.
 */
#include <gradus.h>

#include <stdio.h>

int main(void)
{
    gra_tensor *v = gra_vector(1, 2.5, -3);
    gra_tensor *ones = gra_ones(GRA_SHAPE(2, 3));
    gra_tensor *sevens = gra_full(GRA_SHAPE(2, 2), 7, .dtype = GRA_INT64);
    gra_print(v);
    gra_print(ones);
    gra_print(sevens);

    const float numbers[] = {1, 2, 3, 4, 5, 6};
    gra_tensor *m = gra_from_data(numbers, GRA_SHAPE(2, 3));
    gra_print(m);

    printf("%d dims, %lld numbers, the last dim has %lld\n", gra_tensor_ndim(m),
           (long long)gra_tensor_numel(m), (long long)gra_tensor_size(m, -1));

    const float *p = gra_tensor_data(m);
    printf("row 1, column 2 holds %g\n", p[1 * 3 + 2]);
    printf("all of them add up to %g\n", gra_item(gra_sum(m)));

    gra_tensor *row = gra_select(m, 0, 1);       /* row 1, shape [3] */
    gra_tensor *turned = gra_transpose(m, 0, 1); /* shape [3, 2] */
    gra_mul_scalar_(row, 10);
    gra_print(m);
    gra_print(turned);

    gra_tensor *copy = gra_clone(m);
    gra_zero_(copy);
    gra_print(row);

    gra_tensor *column = gra_from_data(((float[]){100, 200}), GRA_SHAPE(2, 1));
    gra_print(gra_add(m, column)); /* [2, 3] and [2, 1] give [2, 3] */

    if (gra_error())
        fprintf(stderr, "tensors: %s\n", gra_error());
    return gra_error() != NULL;
}
