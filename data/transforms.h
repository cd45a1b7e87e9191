/* transforms.h - the transforms that come with the library, named and defined as torchvision's are.
 *
 *     gra_compose(gra_transforms_random_resized_crop(224),
 *                 gra_transforms_random_horizontal_flip(),
 *                 gra_transforms_to_tensor(),
 *                 gra_transforms_normalize(GRA_IMAGENET_MEAN, GRA_IMAGENET_STD));
 *
 * Each takes images [C, H, W] of uint8 (0 to 255) or float32, and gives one of the same dtype.
 */
#ifndef GRA_DATA_TRANSFORMS_H
#define GRA_DATA_TRANSFORMS_H

#include "transform.h"

GRA_BEGIN_DECLS

/* What the networks that were trained on ImageNet are given. */
#define GRA_IMAGENET_MEAN                                                                          \
    {                                                                                              \
        0.485, 0.456, 0.406                                                                        \
    }
#define GRA_IMAGENET_STD                                                                           \
    {                                                                                              \
        0.229, 0.224, 0.225                                                                        \
    }

#define GRA_TRANSFORMS_CHANNELS 8 /* channels */

/* ---- numbers ---- */

/* uint8 0 .. 255 -> float32 0 .. 1, row-major; float32 stays as it is. */
gra_transform *gra_transforms_to_tensor(void);

typedef struct gra_transforms_normalize_options {
    int begin_;
    double mean[GRA_TRANSFORMS_CHANNELS]; /* one for each channel, or one for all of them */
    double std[GRA_TRANSFORMS_CHANNELS];  /* as many, above 0 */
} gra_transforms_normalize_options;

/* (x - mean) / std for each channel, of float32. */
gra_transform *gra_transforms_normalize_with(gra_transforms_normalize_options options);

/* ---- sizes ---- */

typedef struct gra_transforms_resize_options {
    int begin_;
    int64_t size;          /* of the shorter side; the longer follows, rounded down. Or 0: */
    int64_t height, width; /* both sides; 0 */
} gra_transforms_resize_options;

/* Bilinear; where the image becomes smaller, over all pixels that fall on one (antialias), as Pillow
 * and torchvision do. */
gra_transform *gra_transforms_resize_with(gra_transforms_resize_options options);

typedef struct gra_transforms_center_crop_options {
    int begin_;
    int64_t size;          /* of a square, or 0: */
    int64_t height, width; /* 0 */
} gra_transforms_center_crop_options;

/* The middle of the image. A smaller one is an error. */
gra_transform *gra_transforms_center_crop_with(gra_transforms_center_crop_options options);

/* ---- by chance ---- */

typedef struct gra_transforms_flip_options {
    int begin_;
    double p; /* 0.5 */
} gra_transforms_flip_options;

/* Left to right with the probability p. */
gra_transform *gra_transforms_random_horizontal_flip_with(gra_transforms_flip_options options);

#ifndef __cplusplus
#define gra_transforms_normalize(...)                                                              \
    gra_transforms_normalize_with(                                                                 \
        GRA_KEYWORDS(gra_transforms_normalize_options, .begin_ = 0, __VA_ARGS__))
#define gra_transforms_resize(...)                                                                 \
    gra_transforms_resize_with(                                                                    \
        GRA_KEYWORDS(gra_transforms_resize_options, .begin_ = 0, __VA_ARGS__))
#define gra_transforms_center_crop(...)                                                            \
    gra_transforms_center_crop_with(                                                               \
        GRA_KEYWORDS(gra_transforms_center_crop_options, .begin_ = 0, __VA_ARGS__))
#define gra_transforms_random_horizontal_flip(...)                                                 \
    gra_transforms_random_horizontal_flip_with(                                                    \
        GRA_KEYWORDS(gra_transforms_flip_options, .p = 0.5, .begin_ = 0, __VA_ARGS__))
#endif

GRA_END_DECLS

#endif
