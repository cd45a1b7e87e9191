/* cifar10.c - train a narrow VGG-11 on CIFAR-10: 50,000 colour images of 32 x 32, ten classes.
 *
 *   cifar10 PREFIX [EPOCHS]
 *
 * PREFIX is where bench/images_npy.py put its arrays:
 *
 *   .venv/bin/python bench/images_npy.py train.tar.gz cifar10-train
 *   .venv/bin/python bench/images_npy.py test.tar.gz cifar10-test
 *   build/examples/cifar10 cifar10
 *
 * Each image is shown with 4 pixels of grey around it, moved at random and mirrored half of the
 * time.  The last line is the accuracy on the test set.
 */
#include "photographs.h"

#include <stdio.h>
#include <string.h>

/* Half of VGG-11's channels, batch normalisation, and 1 x 1 maps before the classifier. */
static gra_module *network(void)
{
    gra_module *net = gra_vgg(.depth = 11, .batch_norm = true, .num_classes = 10, .width = 0.5,
                              .pooled_size = 1, .dropout = 0.2);
    return gra_init_weights(net, he);
}

static gra_data *images(const char *prefix, const char *name, views v, int64_t batch)
{
    char path[2048];
    snprintf(path, sizeof path, "%s-%s", prefix, name);
    return photographs(path, v, batch);
}

int main(int argc, char **argv)
{
    const int64_t epochs = argc > 2 ? whole_number(argv[2]) : 8;
    if (argc < 2 || argc > 3 || !epochs || strlen(argv[1]) > 2000) {
        fprintf(stderr, "usage: cifar10 PREFIX [EPOCHS]\n");
        return 2;
    }
    gra_manual_seed(1);
    gra_data *train = images(argv[1], "train", (views){.size = 32, .margin = 4, .vary = true}, 128);
    gra_data *test = images(argv[1], "test", (views){.size = 32}, 500);
    gra_module *net = network();
    learn(net, train, test, (recipe){.lr = 0.05, .weight_decay = 5e-4, .epochs = epochs});
    const double accuracy = top1(net, test);
    if (!gra_error())
        printf("test accuracy %.2f %%\n", 100 * accuracy);
    gra_free(net, test, train);
    return finish("cifar10");
}
