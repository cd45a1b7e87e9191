/* lenet5_1998.c - train LeNet-5 as its paper did, digit by digit.
 *
 *   lenet5_1998 [--data DIR] [--passes N] [--count N] [--scale X] [--seed N] [--save FILE]
 *
 * DIR holds MNIST's four IDX files, plain or .gz; without it the embedded digits are drawn.  The paper has 20
 * passes; --count ends each after N digits.  The paper's rates are multiplied by --scale, 0.3 if it is
 * not given: docs/explanation/lenet5-1998.md tells why.  The last line is the error on the test set.
 */
#include "gradus.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef struct {
    const char *data, *save;
    double passes, count, scale, seed;
} settings;

static gra_data *digits(const settings *s, bool train, int64_t batch)
{
    if (s->data)
        return gra_mnist(s->data, .train = train, .batch = batch, .shuffle = train,
                         .seed = (uint64_t)s->seed);
    return gra_digits(.train = train, .batch = batch, .seed = (uint64_t)s->seed);
}

static gra_tensor *penalties(gra_module *net, gra_tensor *images)
{
    return gra_forward(net, gra_lenet5_1998_input(images));
}

/* Second derivatives from 500 digits, then a step for each digit; the mean loss. */
static double train_pass(gra_module *net, gra_module *criterion, gra_optim *opt, gra_data *few,
                         gra_data *data, double count)
{
    gra_tensor *x, *y;
    double total = 0, done = 0;
    const int mark = gra_mark();
    gra_data_rewind(few);
    gra_data_rewind(data);
    if (gra_data_next(few, &x, &y))
        gra_diagonal_lm_estimate(opt, gra_loss(criterion, penalties(net, x), y));
    for (gra_release(mark); (!count || done < count) && gra_data_next(data, &x, &y); done++) {
        gra_tensor *loss = gra_loss(criterion, penalties(net, x), y);
        gra_zero_grad(opt);
        gra_backward(loss);
        if (gra_step(opt) < 0)
            break;
        total += gra_item(loss);
        gra_release(mark);
    }
    return total / done;
}

/* The part of the digits whose smallest penalty is not the right one. */
static double error(gra_module *net, gra_data *data)
{
    gra_tensor *x, *y;
    double misses = 0;
    const bool was = gra_set_grad(false);
    for (int mark = gra_mark(); gra_data_next(data, &x, &y); gra_release(mark))
        misses += gra_item(gra_sum(gra_ne(gra_argmin(penalties(net, x), 1), y)));
    gra_set_grad(was);
    return misses / (double)gra_data_size(data);
}

static int run(const settings *s)
{
    gra_set_threads(1); /* one digit is too little work for two */
    gra_manual_seed((uint64_t)s->seed);
    gra_data *train = digits(s, true, 1), *few = digits(s, true, 500),
             *test = digits(s, false, 100);
    gra_module *net = gra_lenet5_1998(.root_fan_in = true), *criterion = gra_nn_map_loss();
    gra_optim *opt = gra_diagonal_lm(net, .mu = 0.02);
    const time_t start = time(NULL);
    for (int pass = 1; pass <= s->passes && !gra_error(); pass++) {
        gra_optim_set_lr(opt, s->scale * gra_lenet5_1998_rate(pass));
        const double loss = train_pass(net, criterion, opt, few, train, s->count);
        const double misses = error(net, test);
        if (!gra_error())
            printf("pass %d  loss %.4f  test error %.2f %%  %.0f s\n", pass, loss, 100 * misses,
                   difftime(time(NULL), start));
        fflush(stdout);
    }
    if (s->save)
        gra_save(net, s->save);
    if (gra_error())
        fprintf(stderr, "lenet5_1998: %s\n", gra_error());
    gra_free(opt, criterion, net, test, few, train);
    return gra_error() != NULL;
}

int main(int argc, char **argv)
{
    settings s = {.passes = 20, .scale = 0.3, .seed = 1};
    const struct {
        const char *name;
        double *number;
        const char **text;
    } options[] = {{"--data", NULL, &s.data},     {"--save", NULL, &s.save},
                   {"--passes", &s.passes, NULL}, {"--count", &s.count, NULL},
                   {"--scale", &s.scale, NULL},   {"--seed", &s.seed, NULL}};
    for (int i = 1; i < argc; i += 2) {
        size_t k = 0;
        while (k < 6 && strcmp(argv[i], options[k].name))
            k++;
        if (k < 6 && i + 1 < argc && options[k].text)
            *options[k].text = argv[i + 1];
        else if (k == 6 || i + 1 == argc || !((*options[k].number = atof(argv[i + 1])) > 0)) {
            fprintf(stderr, "usage: lenet5_1998 [--data DIR] [--passes N] [--count N] [--scale X] "
                            "[--seed N] [--save FILE]\n");
            return 2;
        }
    }
    return run(&s);
}
