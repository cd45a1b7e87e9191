/* transfer.c - what was learnt from many images helps where there are few.
 *
 *   transfer --data DIR [--from FILE] [--tune X] [--epochs N]
 *
 * FILE is what cifar10 --save wrote.  Its features are taken over and a new last layer is put on them, for
 * the classes of DIR/train: a folder with a folder of JPEG or PNG files for each class, or an archive of
 * one.  Only the new layer learns; with --tune 0.1 the features do too, at a tenth of its rate.  Without
 * --from all begin at random, for comparison.  DIR/val tests.
 */
#include "gradus.h"

#include <getopt.h>
#include <stdio.h>

typedef struct {
    const char *data, *from;
    int epochs;
    double tune;
} settings;

#define RATE 0.002
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

/* Copies the tensor of that name in a whole network's file, where the features are its first part. */
static int take_over(const char *name, gra_tensor *tensor, void *file)
{
    char there[256];
    snprintf(there, sizeof there, "0.%s", name);
    return gra_copy_(gra_detach(tensor), gra_tensor_file_get(file, there)) ? 0 : -1;
}

static gra_module *learnt_features(const char *path)
{
    gra_module *const m = features();
    gra_tensor_file *const file = path ? gra_tensor_file_open(path) : NULL;
    if (file) {
        gra_module_named_parameters(m, take_over, file);
        gra_module_named_buffers(m, take_over, file);
    }
    gra_free(file);
    return m;
}

static gra_dataset *images(const settings *s, const char *split, gra_transform *crop,
                           const gra_dataset *classes_of)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", s->data, split);
    return gra_image_folder_dataset(
        path, .classes_of = classes_of,
        .transform =
            gra_compose(gra_transforms_resize(36), crop, gra_transforms_to_tensor(),
                        gra_transforms_normalize({0.491, 0.482, 0.447}, {0.247, 0.243, 0.262})));
}

static int run(const settings *s)
{
    gra_manual_seed(1);
    gra_transform *crop =
        gra_compose(gra_transforms_random_crop(32), gra_transforms_random_horizontal_flip());
    gra_dataset *const set = images(s, "train", crop, NULL);
    gra_data *seen = gra_loader(set, .batch = 32, .shuffle = true);
    gra_data *unseen =
        gra_loader(images(s, "val", gra_transforms_center_crop(32), set), .batch = 100);
    gra_module *trunk = learnt_features(s->from);
    gra_module *net = gra_sequential(trunk, gra_nn_linear(128, gra_image_folder_classes(set)));
    gra_module_requires_grad(trunk, !s->from || s->tune > 0);
    gra_optim *opt = gra_adamw(net, .lr = RATE);
    if (s->from && s->tune > 0)
        gra_optim_group(opt, "0.*", .lr = RATE * s->tune);
    gra_epoch b = {.top1 = 0};
    for (int epoch = 1; epoch <= s->epochs && !gra_error(); epoch++) {
        const gra_epoch a = gra_train_epoch(net, seen, opt, .description = "train");
        b = gra_evaluate(net, unseen, .description = "test");
        if (!gra_error())
            printf("epoch %2d  loss %.3f  top-1 %.1f %%  test top-1 %.1f %%\n", epoch, a.loss,
                   100 * a.top1, 100 * b.top1);
    }
    if (!gra_error())
        printf("test accuracy %.2f %%\n", 100 * b.top1);
    else
        fprintf(stderr, "transfer: %s\n", gra_error());
    gra_free(opt, net, unseen, seen);
    return gra_error() != NULL;
}

int main(int argc, char **argv)
{
    static const struct option options[] = {{"data", 1, NULL, 'd'},
                                            {"from", 1, NULL, 'f'},
                                            {"tune", 1, NULL, 't'},
                                            {"epochs", 1, NULL, 'e'},
                                            {0}};
    settings s = {.epochs = 15};
    char rest, read = 1; /* numbers that the last value had, with nothing behind it */
    for (int c; read == 1 && (c = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        switch (c) {
        case 'd': s.data = optarg; break;
        case 'f': s.from = optarg; break;
        case 't': read = sscanf(optarg, "%lf%c", &s.tune, &rest); break;
        case 'e': read = sscanf(optarg, "%d%c", &s.epochs, &rest); break;
        default: read = 0;
        }
    }
    if (read == 1 && s.data && s.epochs > 0 && optind == argc)
        return run(&s);
    fprintf(stderr, "usage: transfer --data DIR [--from FILE] [--tune X] [--epochs N]\n");
    return 2;
}
