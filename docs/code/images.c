/* images.c - reading images and transforming them.
 *
 *     images                 what docs/how-to/images.md quotes
 *     images PICTURE.png     draws a picture with transforms of one image in each row, for that page
 */
#include <gradus.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { HEIGHT = 120, WIDTH = 160 };

/* A red disc and a white bar on a slope of blues, uint8 [3, 120, 160]. */
static gra_tensor *drawing(void)
{
    gra_tensor *x = gra_empty(GRA_SHAPE(3, HEIGHT, WIDTH), .dtype = GRA_UINT8);
    uint8_t *red = gra_tensor_data(x), *green = red + HEIGHT * WIDTH,
            *blue = green + HEIGHT * WIDTH;
    for (int y = 0; y < HEIGHT; y++)
        for (int i = 0; i < WIDTH; i++, red++, green++, blue++) {
            const bool disc = hypot(i - 60, y - 50) < 34, bar = abs(i - y - 40) < 8 && y > 20;
            *red = bar ? 250 : disc ? 220 : 30;
            *green = bar ? 250 : disc ? 60 : (uint8_t)(60 + y);
            *blue = bar ? 240 : disc ? 40 : (uint8_t)(90 + i);
        }
    return x;
}

/* The negative of an image: a transform of one's own. */
static gra_tensor *negative(gra_tensor *x, void *context)
{
    (void)context;
    return gra_add_scalar(gra_neg(x), 1);
}

/* One with options and a name: sets everything below a threshold to 0. */
typedef struct floor_data {
    double threshold;
} floor_data;

static gra_tensor *floor_apply(const gra_transform *t, gra_tensor *x)
{
    const floor_data *f = gra_transform_data(t);
    return gra_masked_fill(x, gra_lt_scalar(x, f->threshold), 0);
}

static const gra_transform_class floor_class = {.name = "floor", .apply = floor_apply};

static gra_transform *floor_below(double threshold)
{
    gra_transform *t = gra_transform_new(&floor_class, sizeof(floor_data));
    floor_data *f = gra_transform_data(t);
    if (f)
        f->threshold = threshold;
    return t;
}

static void print_shape(const char *what, gra_tensor *x)
{
    char text[GRA_SHAPE_TEXT];
    printf("%s: %s %s\n", what, gra_dtype_name(gra_tensor_dtype(x)),
           gra_shape_text(gra_tensor_shape(x), text));
}

/* ---- the page ---- */

static void read_and_write(const char *path)
{
    gra_write_image(drawing(), path);

    gra_tensor *x = gra_read_image(path);
    gra_tensor *grey = gra_read_image(path, .mode = GRA_IMAGE_GREY);
    print_shape("x", x);
    print_shape("grey", grey);
}

static void transform(const char *path)
{
    gra_transform *train = gra_compose(
        gra_transforms_random_resized_crop(64), gra_transforms_random_horizontal_flip(),
        gra_transforms_color_jitter(.brightness = 0.4, .contrast = 0.4, .saturation = 0.4),
        gra_transforms_to_tensor(), gra_transforms_pca_lighting(),
        gra_transforms_normalize(GRA_IMAGENET_MEAN, GRA_IMAGENET_STD));
    gra_transform *test = gra_compose(
        gra_transforms_resize(72), gra_transforms_center_crop(64), gra_transforms_to_tensor(),
        gra_transforms_normalize(GRA_IMAGENET_MEAN, GRA_IMAGENET_STD));

    gra_tensor *x = gra_read_image(path);
    print_shape("for training", gra_transform_apply(train, x));
    print_shape("for testing", gra_transform_apply(test, x));
    gra_free(train, test);
}

static void own(const char *path)
{
    gra_transform *t = gra_compose(gra_transforms_to_tensor(), floor_below(0.2),
                                   gra_transforms_lambda(negative, NULL));
    gra_tensor *x = gra_transform_apply(t, gra_read_image(path));
    printf("the brightest: %.2f\n", gra_item(gra_max(x)));
    gra_free(t);
}

static void ten_crops(const char *path)
{
    gra_transform *crops = gra_compose(gra_transforms_resize(72), gra_transforms_ten_crop(64),
                                       gra_transforms_to_tensor());
    gra_module *net = gra_eval(gra_sequential(gra_nn_conv2d(3, 4, 5, .stride = 4), gra_nn_relu(),
                                              gra_nn_flatten(), gra_nn_linear(4 * 15 * 15, 10)));

    gra_tensor *x = gra_transform_apply(crops, gra_read_image(path));
    gra_tensor *p = gra_mean(gra_softmax(gra_forward(net, x), 1), .dims = GRA_DIMS(0));
    print_shape("ten crops", x);
    print_shape("one prediction", p);
    gra_free(crops, net);
}

/* ---- the picture ---- */

/* A row: the image and six draws of a transform, 128 pixels wide with a white line between them. */
static gra_tensor *row_of(gra_tensor *x, gra_transform *t)
{
    gra_transform *frame = gra_compose(gra_transforms_resize(.height = 96, .width = 128),
                                       gra_transforms_pad(2, .fill = 255));
    gra_tensor *parts[7] = {gra_transform_apply(frame, x)};
    gra_manual_seed(4);
    for (int i = 1; i < 7; i++)
        parts[i] = gra_transform_apply(frame, gra_transform_apply(t, x));
    gra_free(frame, t);
    return gra_cat(parts, 7, 2);
}

static void draw_picture(const char *path)
{
    gra_tensor *x = drawing();
    gra_tensor *rows[] = {
        row_of(x, gra_transforms_random_resized_crop(.height = 96, .width = 128)),
        row_of(x, gra_transforms_color_jitter(0.4, 0.4, 0.4, 0.1)),
        row_of(x, gra_transforms_random_affine(25, {0.1, 0.1}, {0.8, 1.2}, 10, .bilinear = true)),
        row_of(x, gra_transforms_elastic(.alpha = 150, .sigma = 8)),
        row_of(x, gra_transforms_random_erasing(.p = 1, .value = 128)),
    };
    gra_write_image(gra_cat(rows, 5, 1), path);
}

int main(int argc, char **argv)
{
    static const char path[] = "/tmp/gradus-drawing.png";
    if (argc > 1) {
        draw_picture(argv[1]);
    } else {
        read_and_write(path);
        transform(path);
        own(path);
        ten_crops(path);
        remove(path);
    }
    if (gra_error())
        fprintf(stderr, "%s\n", gra_error());
    return gra_error() != NULL;
}
