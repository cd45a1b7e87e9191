/* scopes.c - who owns a tensor, and when it goes.
 *
 * Quoted by docs/tutorial/01-tensors-and-the-graph.md.
 */
#include <gradus.h>

#include <stdio.h>

/* The length of a vector; its two helpers are gone when it returns. */
static gra_tensor *length(gra_tensor *v)
{
    const int mark = gra_mark();
    gra_tensor *squares = gra_mul(v, v);
    gra_tensor *sum = gra_sum(squares);
    return gra_release_keep(mark, gra_sqrt(sum));
}

int main(void)
{
    gra_tensor *v = gra_vector(3, 4);
    gra_tensor *best = NULL;
    printf("%lld alive\n", (long long)gra_live());

    for (int i = 0; i < 3; i++) {
        const int mark = gra_mark();
        gra_tensor *y = gra_exp(gra_mul_scalar(v, i));
        if (i == 1)
            best = gra_keep(y);
        printf("round %d: %lld alive\n", i, (long long)gra_live());
        gra_release(mark);
    }
    printf("after the loop: %lld alive\n", (long long)gra_live());

    gra_print(length(v));
    printf("with the length: %lld alive\n", (long long)gra_live());

    gra_free(best);
    gra_release(0);
    printf("at the end: %lld alive\n", (long long)gra_live());

    if (gra_error())
        fprintf(stderr, "scopes: %s\n", gra_error());
    return gra_error() != NULL;
}
