/* cifar10.c - train a small VGG on CIFAR-10: 50,000 colour images of 32 x 32, ten classes.
 *
 *   cifar10 --data DIR | --folders DIR
 *           [--epochs N] [--batch N] [--workers N] [--lr X] [--seed N] [--save FILE]
 *
 * --data is where CIFAR-10's binary files are; they are fetched if they are not there.  --folders is for
 * images as files: DIR/train and DIR/test have a folder of JPEG or PNG files for each class, or are
 * archives of such folders (DIR/train.tar.gz).  Each image gets 4 pixels of black around it, is moved at
 * random and mirrored half of the time.  Ctrl-C ends the run after its step; --save writes then, too.
 */
#include "gradus.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>

typedef struct {
    const char *data, *folders, *save;
    int epochs, batch, workers;
    double lr;
    uint64_t seed;
} settings;

#define BLOCK(in, out)                                                                             \
    gra_nn_conv2d(in, out, 3, .padding = 1, .bias = false), gra_nn_batch_norm2d(out), gra_nn_relu()

/* Pairs of 3 x 3 convolutions as in VGG, with batch normalisation, and the mean over the last maps. */
static gra_module *features(void)
{
    return gra_sequential(BLOCK(3, 32), BLOCK(32, 32), gra_nn_max_pool2d(2),     /*  32 x 16 x 16 */
                          BLOCK(32, 64), BLOCK(64, 64), gra_nn_max_pool2d(2),    /*  64 x  8 x  8 */
                          BLOCK(64, 128), BLOCK(128, 128),                       /* 128 x  8 x  8 */
                          gra_nn_adaptive_avg_pool2d(1), gra_nn_flatten()); /* 128 */
}

static gra_tensor *he(gra_tensor *weight)
{
    return gra_init_kaiming_normal_(weight, .nonlinearity = GRA_GAIN_RELU);
}

static gra_data *images(const settings *s, bool train)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", s->folders, train ? "train" : "test");
    gra_transform *views =
        gra_compose(gra_transforms_to_tensor(),
                    gra_transforms_normalize({0.491, 0.482, 0.447}, {0.247, 0.243, 0.262}));
    if (train)
        views = gra_compose(gra_transforms_random_crop(32, .padding = 4),
                            gra_transforms_random_horizontal_flip(), views);
    if (s->folders)
        return gra_image_folder(path, .transform = views, .batch = s->batch, .shuffle = train,
                                .workers = s->workers, .seed = s->seed);
    return gra_cifar10(s->data, .train = train, .download = true, .transform = views,
                       .batch = s->batch, .shuffle = train, .workers = s->workers, .seed = s->seed);
}

static int run(const settings *s)
{
    setvbuf(stdout, NULL, _IOLBF, 0); /* a line at a time, into a file too */
    gra_manual_seed(s->seed);
    gra_catch_interrupt();
    gra_data *seen = images(s, true), *unseen = images(s, false);
    gra_module *net = gra_init_weights(gra_sequential(features(), gra_nn_linear(128, 10)), he);
    gra_optim *opt =
        gra_sgd(net, .lr = s->lr, .momentum = 0.9, .weight_decay = 5e-4, .nesterov = true);
    gra_scheduler *plan = gra_one_cycle_lr(opt, s->lr, s->epochs * gra_data_batches(seen));
    gra_epoch b = {.top1 = 0};
    for (int epoch = 1; epoch <= s->epochs && !gra_error() && !gra_interrupted(); epoch++) {
        const gra_epoch a =
            gra_train_epoch(net, seen, opt, .scheduler = plan, .description = "train");
        b = gra_evaluate(net, unseen, .description = "test");
        if (!gra_error())
            printf(
                "epoch %2d  loss %.3f  top-1 %.1f %%  test top-1 %.1f %%  %.0f images/s, %.1f %% of the "
                "time waiting for them\n",
                epoch, a.loss, 100 * a.top1, 100 * b.top1, (double)a.examples / a.seconds,
                100 * a.data_seconds / a.seconds);
    }
    if (s->save && gra_save(net, s->save) == 0)
        printf("saved to %s\n", s->save);
    if (!gra_error())
        printf("test accuracy %.2f %%\n", 100 * b.top1);
    else
        fprintf(stderr, "cifar10: %s\n", gra_error());
    gra_free(plan, opt, net, unseen, seen);
    return gra_error() != NULL;
}

int main(int argc, char **argv)
{
    static const struct option options[] = {
        {"data", 1, NULL, 'd'},  {"folders", 1, NULL, 'f'}, {"epochs", 1, NULL, 'e'},
        {"batch", 1, NULL, 'b'}, {"workers", 1, NULL, 'w'}, {"lr", 1, NULL, 'l'},
        {"seed", 1, NULL, 's'},  {"save", 1, NULL, 'o'},    {0}};
    settings s = {.epochs = 15, .batch = 128, .workers = 1, .lr = 0.1, .seed = 1};
    char rest, read = 1; /* numbers that the last value had, with nothing behind it */
    for (int c; read == 1 && (c = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        switch (c) {
        case 'd': s.data = optarg; break;
        case 'f': s.folders = optarg; break;
        case 'e': read = sscanf(optarg, "%d%c", &s.epochs, &rest); break;
        case 'b': read = sscanf(optarg, "%d%c", &s.batch, &rest); break;
        case 'w': read = sscanf(optarg, "%d%c", &s.workers, &rest); break;
        case 'l': read = sscanf(optarg, "%lf%c", &s.lr, &rest); break;
        case 's': read = sscanf(optarg, "%" SCNu64 "%c", &s.seed, &rest); break;
        case 'o': s.save = optarg; break;
        default: read = 0;
        }
    }
    if (read == 1 && !s.data != !s.folders && s.epochs > 0 && optind == argc)
        return run(&s);
    fprintf(stderr, "usage: cifar10 --data DIR | --folders DIR [--epochs N] [--batch N] "
                    "[--workers N] [--lr X] [--seed N] [--save FILE]\n");
    return 2;
}
