/* alexnet.c - train AlexNet, the network of 2012, on folders of photographs as its paper did.
 *
 *   alexnet --data DIR [--epochs N] [--batch N] [--workers N] [--width X] [--lr X] [--seed N] [--save FILE]
 *
 * DIR/train and DIR/val have a folder of JPEG or PNG files for each class, or are archives of such
 * folders: DIR/train.tar.gz.  A photograph's shorter side becomes 256 pixels; 227 x 227 are cut out at
 * random and mirrored half of the time, and the colours are moved along ImageNet's principal components.
 * In the end each test photograph is shown ten times, its corners and middle and their mirror images,
 * and the mean decides.  --width 0.25 is a quarter of the channels.
 */
#include "gradus.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>

typedef struct {
    const char *data, *save;
    int epochs, batch, workers;
    double width, lr;
    uint64_t seed;
} settings;

enum { SIZE = 227 };

/* What both the training and the test photographs go through. */
static gra_dataset *photographs(const settings *s, const char *split, gra_transform *views,
                                const gra_dataset *classes_of)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", s->data, split);
    return gra_image_folder_dataset(
        path, .classes_of = classes_of,
        .transform = gra_compose(gra_transforms_resize(256), views, gra_transforms_to_tensor(),
                                 gra_transforms_normalize(GRA_IMAGENET_MEAN, GRA_IMAGENET_STD)));
}

static gra_transform *varied(void)
{
    return gra_compose(gra_transforms_random_crop(SIZE), gra_transforms_random_horizontal_flip(),
                       gra_transforms_pca_lighting());
}

/* The rate is divided by ten where the test loss has not fallen for some epochs. */
static void train(const settings *s, gra_module *net, gra_data *seen, gra_data *unseen)
{
    gra_optim *opt = gra_sgd(net, .lr = s->lr, .momentum = 0.9, .weight_decay = 5e-4);
    gra_scheduler *plan = gra_reduce_lr_on_plateau(opt, .factor = 0.1, .patience = 5);
    for (int epoch = 1; epoch <= s->epochs && !gra_error() && !gra_interrupted(); epoch++) {
        const gra_epoch a = gra_train_epoch(net, seen, opt, .description = "train");
        if (gra_interrupted())
            break;
        const gra_epoch b = gra_evaluate(net, unseen, .description = "test");
        if (gra_scheduler_step_metric(plan, b.loss) == 0)
            printf("epoch %d  loss %.3f  top-1 %.1f %%  test loss %.3f  top-1 %.1f %%  "
                   "top-5 %.1f %%  %.0f images/s, %.1f %% of the time waiting for them\n",
                   epoch, a.loss, 100 * a.top1, b.loss, 100 * b.top1, 100 * b.top5,
                   (double)a.examples / a.seconds, 100 * a.data_seconds / a.seconds);
    }
    gra_free(plan, opt);
}

static int run(const settings *s)
{
    setvbuf(stdout, NULL, _IOLBF, 0); /* a line at a time, into a file too */
    gra_manual_seed(s->seed);
    gra_catch_interrupt();
    gra_dataset *const set = photographs(s, "train", varied(), NULL);
    gra_dataset *const middle = photographs(s, "val", gra_transforms_center_crop(SIZE), set);
    gra_dataset *const crops = photographs(s, "val", gra_transforms_ten_crop(SIZE), set);
    gra_data *seen =
        gra_loader(set, .batch = s->batch, .shuffle = true, .workers = s->workers, .seed = s->seed);
    gra_data *unseen = gra_loader(middle, .batch = s->batch, .workers = s->workers);
    gra_data *ten = gra_loader(crops, .batch = 10, .workers = s->workers);
    gra_module *net =
        gra_alexnet(.variant = GRA_ALEXNET_TWO_TOWERS, .width = s->width,
                    .init = s->width < 1 ? GRA_ALEXNET_INIT_HE : GRA_ALEXNET_INIT_PAPER,
                    .num_classes = gra_image_folder_classes(set));
    train(s, net, seen, unseen);
    if (s->save && gra_save(net, s->save) == 0)
        printf("saved to %s\n", s->save);
    gra_epoch last = {.top1 = 0};
    if (!gra_interrupted())
        last = gra_evaluate(net, ten, .description = "ten views");
    if (last.examples)
        printf("test accuracy %.2f %%\n", 100 * last.top1);
    if (gra_error())
        fprintf(stderr, "alexnet: %s\n", gra_error());
    gra_free(net, ten, unseen, seen);
    return gra_error() != NULL;
}

int main(int argc, char **argv)
{
    static const struct option options[] = {
        {"data", 1, NULL, 'd'},    {"epochs", 1, NULL, 'e'}, {"batch", 1, NULL, 'b'},
        {"workers", 1, NULL, 'w'}, {"width", 1, NULL, 'x'},  {"lr", 1, NULL, 'l'},
        {"seed", 1, NULL, 's'},    {"save", 1, NULL, 'o'},   {0}};
    settings s = {.epochs = 90, .batch = 128, .workers = 1, .width = 1, .lr = 0.01, .seed = 1};
    char rest, read = 1; /* numbers that the last value had, with nothing behind it */
    for (int c; read == 1 && (c = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        switch (c) {
        case 'd': s.data = optarg; break;
        case 'e': read = sscanf(optarg, "%d%c", &s.epochs, &rest); break;
        case 'b': read = sscanf(optarg, "%d%c", &s.batch, &rest); break;
        case 'w': read = sscanf(optarg, "%d%c", &s.workers, &rest); break;
        case 'x': read = sscanf(optarg, "%lf%c", &s.width, &rest); break;
        case 'l': read = sscanf(optarg, "%lf%c", &s.lr, &rest); break;
        case 's': read = sscanf(optarg, "%" SCNu64 "%c", &s.seed, &rest); break;
        case 'o': s.save = optarg; break;
        default: read = 0;
        }
    }
    if (read == 1 && s.data && s.epochs > 0 && optind == argc)
        return run(&s);
    fprintf(stderr, "usage: alexnet --data DIR [--epochs N] [--batch N] [--workers N] "
                    "[--width X] [--lr X] [--seed N] [--save FILE]\n");
    return 2;
}
