/* transforms_tool.c - transforms images for check_transforms.py.
 *
 *     transforms_tool read FILE OUT MODE                   an image file as .npy; MODE 0, 1 or 2
 *     transforms_tool write FILE.npy OUT                   an image file of it
 *     transforms_tool apply FILE OUT SEED NAME NUMBER...   a transform of an .npy file, or of an image
 *                                                          file, straight from its bytes
 *     transforms_tool many FILE OUT COUNT NAME NUMBER...   the same COUNT times, stacked
 *     transforms_tool draws SEED LOW HIGH ...              what a transform of that seed draws
 */
#include "gradus.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static gra_transform *make(const char *name, const double n[8])
{
    if (strcmp(name, "resize") == 0)
        return gra_transforms_resize((int64_t)n[0]);
    if (strcmp(name, "resize_to") == 0)
        return gra_transforms_resize(.height = (int64_t)n[0], .width = (int64_t)n[1]);
    if (strcmp(name, "resize_and_crop") == 0)
        return gra_compose(gra_transforms_resize((int64_t)n[0]),
                           gra_transforms_center_crop((int64_t)n[1]));
    if (strcmp(name, "center_crop") == 0)
        return gra_transforms_center_crop((int64_t)n[0]);
    if (strcmp(name, "five_crop") == 0)
        return gra_transforms_five_crop((int64_t)n[0]);
    if (strcmp(name, "ten_crop") == 0)
        return gra_transforms_ten_crop((int64_t)n[0], .vertical_flip = n[1] != 0);
    if (strcmp(name, "pad") == 0)
        return gra_transforms_pad(.left = (int64_t)n[0], .top = (int64_t)n[1],
                                  .right = (int64_t)n[2], .bottom = (int64_t)n[3], .fill = n[4],
                                  .mode = (gra_transforms_pad_mode)n[5]);
    if (strcmp(name, "random_resized_crop") == 0)
        return gra_transforms_random_resized_crop((int64_t)n[0], .scale = {n[1], n[2]},
                                                  .ratio = {n[3], n[4]});
    if (strcmp(name, "random_crop") == 0)
        return gra_transforms_random_crop((int64_t)n[0], .padding = (int64_t)n[1]);
    if (strcmp(name, "flip") == 0)
        return gra_transforms_random_horizontal_flip(.p = n[0]);
    if (strcmp(name, "vertical_flip") == 0)
        return gra_transforms_random_vertical_flip(.p = n[0]);
    if (strcmp(name, "jitter") == 0)
        return gra_transforms_color_jitter(n[0], n[1], n[2], n[3]);
    if (strcmp(name, "grayscale") == 0)
        return gra_transforms_grayscale((int64_t)n[0]);
    if (strcmp(name, "affine") == 0)
        return gra_transforms_random_affine(n[0], {n[1], n[2]}, {n[3], n[4]}, n[5], .fill = n[6],
                                            .bilinear = n[7] != 0);
    if (strcmp(name, "erasing") == 0)
        return gra_transforms_random_erasing(.p = n[0], .value = n[1]);
    if (strcmp(name, "to_tensor") == 0)
        return gra_transforms_to_tensor();
    if (strcmp(name, "to_tensor_and_normalize") == 0)
        return gra_compose(gra_transforms_to_tensor(),
                           gra_transforms_normalize(GRA_IMAGENET_MEAN, GRA_IMAGENET_STD));
    return gra_fail("there is no transform %s", name);
}

static bool ends_with(const char *text, const char *end)
{
    const size_t length = strlen(text), count = strlen(end);
    return length >= count && strcmp(text + length - count, end) == 0;
}

/* A whole file; the caller frees it. */
static void *bytes_of(const char *path, size_t *size)
{
    FILE *const file = fopen(path, "rb");
    char *const bytes = malloc(1 << 24);
    *size = file && bytes ? fread(bytes, 1, 1 << 24, file) : 0;
    if (file)
        fclose(file);
    return bytes;
}

static gra_tensor *apply(const char *path, const gra_transform *t)
{
    size_t size;
    if (ends_with(path, ".npy"))
        return gra_transform_apply(t, gra_load_npy(path));
    void *const bytes = bytes_of(path, &size);
    const gra_encoded_image image = {.bytes = bytes, .size = size, .name = path};
    gra_tensor *const y = gra_transform_image(t, &image);
    free(bytes);
    return y;
}

static void many(const char *path, const char *out, int count, const gra_transform *t)
{
    gra_tensor **const all = calloc((size_t)count, sizeof *all);
    gra_manual_seed(7);
    for (int i = 0; i < count && !gra_error(); i++)
        all[i] = apply(path, t);
    if (!gra_error())
        gra_save_npy(gra_stack(all, count, 0), out);
    free(all);
}

int main(int argc, char **argv)
{
    const char *const verb = argc > 3 ? argv[1] : "";
    double n[8] = {0};
    for (int i = 6; i < argc && i < 14; i++)
        n[i - 6] = atof(argv[i]);
    gra_transform *const t = argc > 5 && strcmp(verb, "draws") ? make(argv[5], n) : NULL;
    if (strcmp(verb, "read") == 0 && argc > 4) {
        gra_save_npy(gra_read_image(argv[2], .mode = (gra_image_mode)atoi(argv[4])), argv[3]);
    } else if (strcmp(verb, "write") == 0) {
        gra_write_image(gra_load_npy(argv[2]), argv[3]);
    } else if (strcmp(verb, "apply") == 0 && t) {
        gra_manual_seed((uint64_t)atoi(argv[4]));
        gra_save_npy(apply(argv[2], t), argv[3]);
    } else if (strcmp(verb, "many") == 0 && t) {
        many(argv[2], argv[3], atoi(argv[4]), t);
    } else if (strcmp(verb, "draws") == 0) {
        gra_manual_seed((uint64_t)atoi(argv[2]));
        for (int i = 3; i + 1 < argc; i += 2)
            printf("%.17g\n", gra_draw_uniform(atof(argv[i]), atof(argv[i + 1])));
    } else {
        gra_fail("usage: transforms_tool read | write | apply | many | draws ...");
    }
    gra_free(t);
    if (gra_error())
        fprintf(stderr, "transforms_tool: %s\n", gra_error());
    return gra_error() != NULL;
}
