/* data_sets.c - the data sets that come with Gradus, each read if it is there.
 *
 *     data_sets [FOLDER [IMAGES]]
 *
 * FOLDER holds mnist/ and cifar-10-binary.tar.gz, IMAGES is a folder or an archive of class folders. What
 * is missing is told by the library's own message. Quoted by docs/how-to/data-sets.md.
 */
#include <gradus.h>

#include <stdio.h>

/* Says what went wrong, if anything did, and goes on. */
static void report(void)
{
    if (gra_error())
        printf("  %s\n", gra_error());
    gra_clear_error();
}

static void first_batch(const char *what, gra_data *data)
{
    gra_tensor *x, *y;
    const int mark = gra_mark();
    printf("%s\n", what);
    if (gra_data_next(data, &x, &y)) {
        char text[GRA_SHAPE_TEXT];
        printf("  %lld examples, x %s %s\n", (long long)gra_data_size(data),
               gra_dtype_name(gra_tensor_dtype(x)), gra_shape_text(gra_tensor_shape(x), text));
    }
    report();
    gra_release(mark);
    gra_free(data);
}

static gra_data *mnist(const char *dir)
{
    return gra_mnist(dir, .train = true, .batch = 64, .shuffle = true);
}

static gra_data *fetched_mnist(const char *dir)
{
    return gra_mnist(dir, .train = true, .download = true, .batch = 64, .shuffle = true,
                     .mirror = "https://data.example.org/mnist");
}

static gra_data *cifar10(const char *dir)
{
    gra_transform *augment =
        gra_compose(gra_transforms_random_crop(32, .padding = 4),
                    gra_transforms_random_horizontal_flip(), gra_transforms_to_tensor(),
                    gra_transforms_normalize({0.4914, 0.4822, 0.4465}, {0.2470, 0.2435, 0.2616}));
    return gra_cifar10(dir, .train = true, .transform = augment, .batch = 128, .shuffle = true,
                       .workers = 2);
}

static gra_data *photographs(const char *path)
{
    gra_transform *view = gra_compose(
        gra_transforms_resize(256), gra_transforms_center_crop(224), gra_transforms_to_tensor(),
        gra_transforms_normalize(GRA_IMAGENET_MEAN, GRA_IMAGENET_STD));
    return gra_image_folder(path, .transform = view, .batch = 16, .workers = 2,
                            .skip_errors = true);
}

/* Classes by name need the set itself; the loader takes it over, and it lives as long as that. */
static void class_names(const char *path)
{
    gra_dataset *set = gra_image_folder_dataset(path, .limit = 10, .cache = true);
    for (int64_t k = 0; k < gra_image_folder_classes(set) && k < 3; k++)
        printf("  class %lld is %s\n", (long long)k, gra_image_folder_class(set, k));
    gra_data *data = gra_loader(set, .batch = 1, .shuffle = true);
    report();
    gra_free(data);
}

static void made_up(void)
{
    first_batch("digits", gra_digits(.train = true, .count = 1000, .batch = 64));
    first_batch("fake data", gra_fake_data(.size = 256, .image_size = GRA_SHAPE(3, 32, 32),
                                           .classes = 100, .batch = 64));
    gra_tensor *x = gra_randn(GRA_SHAPE(100, 8));
    gra_tensor *y = gra_randint(0, 2, GRA_SHAPE(100));
    first_batch("tensors", gra_loader(gra_tensor_dataset(x, y), .batch = 10, .shuffle = true));
}

int main(int argc, char **argv)
{
    const char *const folder = argc > 1 ? argv[1] : "data";
    const char *const images = argc > 2 ? argv[2] : "photographs";
    char path[1024];
    snprintf(path, sizeof path, "%s/mnist", folder);
    first_batch("MNIST", mnist(path));
    if (argc > 3) /* reaches for the network */
        first_batch("MNIST, fetched", fetched_mnist(path));
    first_batch("CIFAR-10", cifar10(folder));
    first_batch("photographs", photographs(images));
    class_names(images);
    made_up();
    gra_release(0);
    return gra_live() != 0;
}
