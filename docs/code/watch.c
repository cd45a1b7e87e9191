/* watch.c - the program of docs/how-to/watch-a-run.md: a run with all that can be watched of it. */
#include "gradus.h"

#include <stdio.h>

enum { EPOCHS = 8, BATCH = 32 };

static const char state[] = "run.safetensors";

typedef struct {
    gra_module *net;
    gra_optim *opt;
    gra_data *train, *test;
    gra_writer *writer;
    gra_run_log *log;
} run;

static double train_epoch(run *r, int epoch)
{
    gra_tensor *x, *y;
    gra_meter loss = {0};
    char name[32];
    snprintf(name, sizeof name, "epoch %d", epoch);
    gra_progress *bar = gra_progress_over(r->train, .description = name, .unit = "img");
    for (int mark = gra_mark(); !gra_interrupted() && gra_progress_next(bar, &x, &y);
         gra_release(mark)) {
        gra_tensor *l = gra_cross_entropy(gra_forward(r->net, x), y);
        gra_zero_grad(r->opt);
        gra_backward(l);
        gra_progress_set(bar, "grad", gra_grad_norm(r->net));
        gra_step(r->opt);
        gra_meter_add(&loss, gra_item(l), (double)gra_tensor_size(x, 0));
        gra_progress_set(bar, "loss", gra_meter_value(&loss));
    }
    gra_progress_close(bar);
    gra_writer_add_scalar(r->writer, "images a second", gra_progress_rate(bar), epoch);
    gra_writer_add_scalar(r->writer, "share of waiting",
                          gra_progress_waited(bar) / gra_progress_seconds(bar), epoch);
    gra_free(bar);
    return gra_meter_value(&loss);
}

static double test_accuracy(run *r)
{
    gra_tensor *x, *y;
    gra_meter top1 = {0};
    const bool was = gra_set_grad(false);
    for (int mark = gra_mark(); gra_data_next(r->test, &x, &y); gra_release(mark)) {
        gra_tensor *logits = gra_forward(r->net, x);
        gra_meter_add(&top1, gra_accuracy(logits, y), (double)gra_tensor_size(x, 0));
    }
    gra_set_grad(was);
    return gra_meter_value(&top1);
}

static void show_once(run *r)
{
    gra_tensor *x, *y;
    const int mark = gra_mark();
    if (gra_data_next(r->test, &x, &y)) {
        gra_writer_add_image(r->writer, "a digit", gra_select(x, 0, 0), 0);
        gra_tensor *loss = gra_cross_entropy(gra_forward(r->net, x), y);
        gra_writer_add_graph(r->writer, loss, .module = r->net);
    }
    gra_data_rewind(r->test);
    gra_writer_add_text(r->writer, "what", "a **small** network on the embedded digits", 0);
    gra_release(mark);
}

static void write_epoch(run *r, int epoch, double loss, double accuracy)
{
    gra_writer_add_scalar(r->writer, "loss/train", loss, epoch);
    gra_writer_add_scalar(r->writer, "accuracy/test", accuracy, epoch);
    gra_writer_add_histogram(r->writer, "weight", gra_module_parameter(r->net, "1.weight"), epoch);
    gra_log_row(r->log, {"epoch", epoch}, {"loss", loss}, {"accuracy", accuracy});
}

static void train(run *r)
{
    gra_early_stopping stop = {.patience = 2, .min_delta = 0.001, .mode = GRA_METRIC_MAX};
    gra_catch_interrupt();
    for (int epoch = 1; epoch <= EPOCHS && !gra_error(); epoch++) {
        const double loss = train_epoch(r, epoch);
        if (gra_interrupted())
            break;
        const double accuracy = test_accuracy(r);
        write_epoch(r, epoch, loss, accuracy);
        if (gra_early_stop(&stop, accuracy))
            break;
    }
    if (gra_interrupted() && gra_save_training(state, .module = r->net, .optim = r->opt) == 0)
        printf("interrupted: saved to %s\n", state);
    gra_restore_interrupt();
}

static void show_confusion(void)
{
    static const char *const names[] = {"cat", "dog", "owl"};
    gra_confusion *table = gra_confusion_new(3, .names = names);
    gra_tensor *predicted = gra_to(gra_vector(0, 0, 1, 1, 2, 2, 0), GRA_INT64);
    gra_tensor *targets = gra_to(gra_vector(0, 0, 0, 1, 2, 2, 1), GRA_INT64);
    gra_confusion_update(table, predicted, targets);
    gra_confusion_print(table, stdout);
    gra_free(table);
}

int main(void)
{
    gra_manual_seed(1);
    show_confusion();
    gra_module *net = gra_sequential(gra_nn_flatten(), gra_nn_linear(784, 32), gra_nn_relu(),
                                     gra_nn_linear(32, 10));
    run r = {
        .net = net,
        .opt = gra_sgd(net, .lr = 0.05, .momentum = 0.9),
        .train = gra_digits(.train = true, .batch = BATCH, .count = 512, .shuffle = true),
        .test = gra_digits(.batch = BATCH, .count = 128),
        .writer = gra_summary_writer("runs/digits"),
        .log = gra_log_open("run.csv"),
    };
    show_once(&r);
    train(&r);
    gra_writer_close(r.writer);
    gra_log_close(r.log);
    gra_free(r.log, r.writer, r.opt, r.net, r.train, r.test);
    if (gra_error())
        fprintf(stderr, "watch: %s\n", gra_error());
    return gra_error() != NULL;
}
