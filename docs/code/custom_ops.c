/* custom_ops.c - what an op of one's own may do.
 *
 * Quoted by docs/how-to/custom-ops.md.
 */
#include <gradus.h>

#include <stdio.h>

/* y = x^3, made of recorded ops */
static void cube_forward(gra_call *c)
{
    c->out[0] = gra_mul(gra_square(c->in[0]), c->in[0]);
}

static const gra_op cube_op = {
    .schema = "cube(Tensor x) -> Tensor",
    .forward = cube_forward,
    .composite = true,
};

/* y = x s(beta x) */
typedef struct {
    double beta; /* members stand in the schema's order */
} swish_args;

static void swish_forward(gra_call *c)
{
    const swish_args *args = c->args;
    c->out[0] = gra_mul(c->in[0], gra_sigmoid(gra_mul_scalar(c->in[0], args->beta)));
}

static void swish_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    gra_tensor *x = c->in[0];
    double beta = gra_call_float(c, "beta"); /* by name works too */
    gra_tensor *s = gra_sigmoid(gra_mul_scalar(x, beta));
    gra_tensor *bent = gra_mul_scalar(gra_mul(gra_mul(x, s), gra_one_minus(s)), beta);
    dx[0] = gra_mul(g[0], gra_add(s, bent));
}

static const gra_op swish_op = {
    .schema = "swish(Tensor x, float beta=1.0) -> Tensor",
    .forward = swish_forward,
    .vjp = swish_vjp,
    .saves = GRA_IN(0),
    .args_size = sizeof(swish_args),
};

static gra_tensor *swish(gra_tensor *x, double beta)
{
    return gra_apply(&swish_op, &x, 1, &(swish_args){beta});
}

/* y = x / |x|, and |x| */
static void unit_forward(gra_call *c)
{
    gra_tensor *norm = gra_sqrt(gra_sum(gra_square(c->in[0])));
    c->out[0] = gra_div(c->in[0], norm);
    c->out[1] = norm;
}

static void unit_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    gra_tensor *y = c->out[0], *along = gra_mul(y, gra_sum(gra_mul(g[0], y)));
    dx[0] = gra_div(gra_sub(g[0], along), gra_sqrt(gra_sum(gra_square(c->in[0]))));
}

static const gra_op unit_op = {
    .schema = "unit(Tensor x) -> (Tensor direction, Tensor length)",
    .forward = unit_forward,
    .vjp = unit_vjp,
    .saves = GRA_IN(0) | GRA_OUT(0),
    .non_differentiable = GRA_OUT(1),
};

/* x = x / 2, in place */
static void halve_forward(gra_call *c)
{
    c->out[0] = gra_mul_scalar_(c->in[0], 0.5);
}

static void halve_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    (void)c;
    dx[0] = gra_mul_scalar(g[0], 0.5);
}

static const gra_op halve_op = {
    .schema = "halve_(Tensor(a!) x) -> Tensor(a!)",
    .forward = halve_forward,
    .vjp = halve_vjp,
    .saves = GRA_SAVE_NOTHING,
    .inplace = true,
};

/* y = the sum of a list of tensors, and a bias where there is one */
static void total_forward(gra_call *c)
{
    gra_tensor *sum = c->in[1];
    for (int i = 2; i < c->n_in; i++)
        sum = gra_add(sum, c->in[i]);
    c->out[0] = c->in[0] ? gra_add(sum, c->in[0]) : sum;
}

static void total_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    for (int i = 0; i < c->n_in; i++)
        dx[i] = c->needs[i] ? g[0] : NULL;
}

static const gra_op total_op = {
    .schema = "total(Tensor? bias, Tensor[] list) -> Tensor",
    .forward = total_forward,
    .vjp = total_vjp,
    .saves = GRA_SAVE_NOTHING,
};

/* A rule that forgets the factor of 2. */
static void wrong_forward(gra_call *c)
{
    c->out[0] = gra_square(c->in[0]);
}

static void wrong_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    dx[0] = gra_mul(g[0], c->in[0]);
}

static const gra_op wrong_op = {
    .schema = "wrong(Tensor x) -> Tensor",
    .forward = wrong_forward,
    .vjp = wrong_vjp,
};

int main(void)
{
    gra_tensor *x = gra_requires_grad(gra_vector(3, 4));
    gra_print(gra_grad(gra_sum(gra_apply(&cube_op, &x, 1, NULL)), x));
    gra_print(gra_grad(gra_sum(swish(x, 1.5)), x));

    gra_tensor *out[2];
    gra_apply_many(&unit_op, &x, 1, NULL, out, 2);
    gra_print(out[0]);
    gra_print(out[1]);

    gra_tensor *y = gra_mul_scalar(x, 10);
    gra_apply(&halve_op, &y, 1, NULL);
    gra_print(y);

    gra_print(gra_apply(&total_op, (gra_tensor *[]){NULL, x, x, x}, 4, NULL));

    gra_register_op(&swish_op);
    gra_register_op(&wrong_op);
    gra_check_op("swish", stdout);
    gra_check_op("wrong", stdout);

    printf("%s\n", gra_error());
    gra_clear_error();
    return 0;
}
