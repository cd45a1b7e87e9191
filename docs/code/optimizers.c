/* optimizers.c - groups of parameters, a plan for their rates, and a run that stops and goes on.
 *
 * Quoted by docs/how-to/optimizers.md.
 */
#include <gradus.h>

#include <stdio.h>

enum { EPOCHS = 4 };

typedef struct {
    gra_data *data;
    gra_module *net;
    gra_optim *opt;
    gra_scheduler *plan;
} run;

static run begin(void)
{
    run r;
    gra_manual_seed(1);
    r.data = gra_digits(.train = true, .batch = 64, .count = 640, .seed = 1);
    r.net = gra_sequential(gra_nn_flatten(), gra_nn_linear(784, 32), gra_nn_relu(),
                           gra_nn_dropout(0.2), gra_nn_linear(32, 10));
    r.opt = gra_adamw(r.net, .lr = 1e-3, .weight_decay = 0.05);
    gra_optim_group(r.opt, "*bias", .weight_decay = 0);
    r.plan = gra_one_cycle_lr(r.opt, 1e-2, EPOCHS * gra_data_batches(r.data));
    return r;
}

static void end(run *r)
{
    gra_free(r->plan, r->opt, r->net, r->data);
}

static void train_epoch(run *r)
{
    gra_tensor *x, *y;
    gra_data_shuffle(r->data);
    for (int mark = gra_mark(); gra_data_next(r->data, &x, &y); gra_release(mark)) {
        gra_zero_grad(r->opt);
        gra_backward(gra_cross_entropy(gra_forward(r->net, x), y));
        gra_clip_grad_norm(r->net, 1.0);
        if (gra_step(r->opt) < 0 || gra_scheduler_step(r->plan) < 0)
            break;
    }
}

static double first_weight(const run *r)
{
    return gra_tensor_at(gra_module_parameter(r->net, "1.weight"), GRA_SHAPE(0, 0));
}

static void show_rates(const run *r, int epochs)
{
    printf("after %d epochs  lr %.6f  beta1 %.3f\n", epochs, gra_optim_lr(r->opt),
           gra_optim_option(r->opt, 0, "beta1"));
}

static void inspect(const run *r)
{
    gra_tensor *w = gra_module_parameter(r->net, "1.weight");
    printf("%s has %d groups; the second has a weight decay of %g\n", gra_optim_name(r->opt),
           gra_optim_group_count(r->opt), gra_optim_option(r->opt, 1, "weight_decay"));
    gra_tensor *average = gra_optim_state(r->opt, w, "exp_avg");
    printf("%d steps, exp_avg [%d, %d]\n", (int)gra_optim_steps(r->opt, w),
           (int)gra_tensor_shape(average).size[0], (int)gra_tensor_shape(average).size[1]);
}

/* Trains without a stop, and shows what the plan does. */
static double train(void)
{
    run r = begin();
    show_rates(&r, 0);
    for (int epoch = 1; epoch <= EPOCHS && !gra_error(); epoch++) {
        train_epoch(&r);
        show_rates(&r, epoch);
    }
    inspect(&r);
    const double weight = first_weight(&r);
    end(&r);
    return weight;
}

/* The same in two halves, as if the second were another process. */
static double train_in_halves(void)
{
    run r = begin();
    for (int epoch = 0; epoch < EPOCHS / 2; epoch++)
        train_epoch(&r);
    gra_save_training("run.safetensors", r.net, r.opt, r.plan, r.data);
    end(&r);

    r = begin();
    gra_load_training("run.safetensors", r.net, r.opt, r.plan, r.data);
    for (int epoch = EPOCHS / 2; epoch < EPOCHS; epoch++)
        train_epoch(&r);
    const double weight = first_weight(&r);
    end(&r);
    return weight;
}

/* Plans made of plans, and one that looks at a loss which does not fall any more. */
static void show_plans(void)
{
    gra_tensor *p = gra_zeros(GRA_SHAPE(1), .requires_grad = true);
    gra_optim *opt = gra_sgd(.tensors = &p, .count = 1, .lr = 0.1);
    gra_scheduler *plan = gra_sequential_lr(GRA_MILESTONES(5), gra_linear_lr(opt, 0.2),
                                            gra_cosine_annealing_lr(opt, 95));
    for (int epoch = 0; epoch < 7; epoch++, gra_scheduler_step(plan))
        printf("%.4f ", gra_optim_lr(opt));
    printf("\n");

    gra_optim_set_lr(opt, 0.1);
    gra_scheduler *patient = gra_reduce_lr_on_plateau(opt, .factor = 0.5, .patience = 2);
    const double losses[] = {2.0, 1.5, 1.4, 1.6, 1.5, 1.4, 1.3};
    for (int epoch = 0; epoch < 7; epoch++) {
        gra_scheduler_step_metric(patient, losses[epoch]);
        printf("%.4f ", gra_optim_lr(opt));
    }
    printf("\n");
    gra_free(plan, patient, opt);
}

int main(void)
{
    show_plans();
    const double whole = train(), halves = train_in_halves();
    printf("the same weight in two halves: %s\n", whole == halves ? "yes" : "no");
    remove("run.safetensors");
    if (gra_error())
        fprintf(stderr, "optimizers: %s\n", gra_error());
    return gra_error() != NULL;
}
