/* transform.h - what is done to an image between its file and the network.
 *
 *     gra_transform *t = gra_compose(gra_transforms_resize(256), gra_transforms_center_crop(224),
 *                                    gra_transforms_to_tensor(),
 *                                    gra_transforms_normalize(GRA_IMAGENET_MEAN, GRA_IMAGENET_STD));
 *     gra_tensor *x = gra_transform_apply(t, gra_read_image("cat.jpg"));    float32 [3, 224, 224]
 *
 * The ready-made ones are in transforms.h. An image is a tensor [C, H, W] of uint8, 0 to 255, or of
 * float32; transforms take any strides. Random ones draw from the thread's default generator, which
 * a loader sets for each example, so that an example comes out the same on any number of workers.
 *
 * Ownership: a transform belongs to whoever made it, until it is given to a compose or a data set,
 * which takes it over, also when that fails. A transform holds nothing that applying it would change,
 * so that several threads may use one.
 * May include: core, ops, autograd, nn.
 */
#ifndef GRA_DATA_TRANSFORM_H
#define GRA_DATA_TRANSFORM_H

#include "image.h"

GRA_BEGIN_DECLS

typedef struct gra_transform gra_transform;

typedef struct gra_transform_class {
    const char *name; /* for messages */

    /* x after the transform, in the current scope, or NULL after gra_fail. x may be returned as it is,
     * but is not written. Several threads may be in here at once. */
    gra_tensor *(*apply)(const gra_transform *t, gra_tensor *x);

    /* Optional: the same straight from a file, for a transform that needs only a part of the image, or
     * a small one, and can tell the decoder so. */
    gra_tensor *(*decode)(const gra_transform *t, const gra_encoded_image *image);

    void (*destroy)(gra_transform *t); /* optional: frees what the data holds */
} gra_transform_class;

/* A transform of a class with data_size bytes of its own, zeroed; the class must outlive it. */
gra_transform *gra_transform_new(const gra_transform_class *class_, size_t data_size);
void *gra_transform_data(const gra_transform *t); /* NULL for NULL */

/* NULL with an error that names the transform where it fails. */
gra_tensor *gra_transform_apply(const gra_transform *t, gra_tensor *x);

/* One after the other; takes all of them over. NULL with an error where one is NULL. */
gra_transform *gra_compose_of(gra_transform *const *transforms, size_t count);

#ifndef __cplusplus
#define gra_compose(...)                                                                           \
    gra_compose_of((gra_transform *const[]){__VA_ARGS__},                                          \
                   sizeof((gra_transform *const[]){__VA_ARGS__}) / sizeof(gra_transform *))
#endif

/* The transform of a file, of which no more is decoded than needed. The result is in the current
 * scope. Where t is NULL, the image is converted as gra_transforms_to_tensor does. */
gra_tensor *gra_transform_image(const gra_transform *t, const gra_encoded_image *image);

GRA_END_DECLS

#endif
