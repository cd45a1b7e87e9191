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

typedef struct gra_transforms_crop_options {
    int begin_;
    int64_t size;          /* of a square, or 0: */
    int64_t height, width; /* 0 */
    bool vertical_flip;    /* of ten_crop: the second five upside down instead of mirrored */
} gra_transforms_crop_options;

/* The middle of the image. A smaller one is an error. */
gra_transform *gra_transforms_center_crop_with(gra_transforms_crop_options options);

/* The four corners and the middle, top left first: [5, C, h, w]; and the same again mirrored: [10, C, h,
 * w], of which AlexNet averages the predictions. What follows them must take four dims, as to_tensor
 * and normalize do. */
gra_transform *gra_transforms_five_crop_with(gra_transforms_crop_options options);
gra_transform *gra_transforms_ten_crop_with(gra_transforms_crop_options options);

typedef enum gra_transforms_pad_mode {
    GRA_TRANSFORMS_CONSTANT, /* .fill */
    GRA_TRANSFORMS_REFLECT,  /* c b [a b c] b a; less than the side */
    GRA_TRANSFORMS_EDGE,     /* a a [a b c] c c */
} gra_transforms_pad_mode;

typedef struct gra_transforms_pad_options {
    int begin_;
    int64_t padding; /* pixels on each side, beside: */
    int64_t left, top, right, bottom;
    double fill; /* 0 */
    gra_transforms_pad_mode mode;
} gra_transforms_pad_options;

gra_transform *gra_transforms_pad_with(gra_transforms_pad_options options);

/* ---- places by chance ---- */

typedef struct gra_transforms_random_crop_options {
    int begin_;
    int64_t size;          /* of a square, or 0: */
    int64_t height, width; /* 0 */
    int64_t padding;       /* 0 pixels on each side, first */
    bool pad_if_needed;    /* false: a smaller image is an error */
    double fill;           /* 0 */
    gra_transforms_pad_mode mode;
} gra_transforms_random_crop_options;

gra_transform *gra_transforms_random_crop_with(gra_transforms_random_crop_options options);

typedef struct gra_transforms_random_resized_crop_options {
    int begin_;
    int64_t size;          /* of a square, or 0: */
    int64_t height, width; /* 0 */
    double scale[2];       /* 0.08 to 1: of the area of the image */
    double ratio[2];       /* 3/4 to 4/3: width to height, uniform in its logarithm */
} gra_transforms_random_resized_crop_options;

/* A part of random size and shape, resized as resize does it. Where ten draws do not fit into the
 * image, the largest part in its middle whose ratio is allowed. Source: Szegedy et al., "Going deeper
 * with convolutions" (2014). */
gra_transform *gra_transforms_random_resized_crop_with(
    gra_transforms_random_resized_crop_options options);

typedef struct gra_transforms_flip_options {
    int begin_;
    double p; /* 0.5 */
} gra_transforms_flip_options;

/* Left to right, or upside down, with the probability p. */
gra_transform *gra_transforms_random_horizontal_flip_with(gra_transforms_flip_options options);
gra_transform *gra_transforms_random_vertical_flip_with(gra_transforms_flip_options options);

typedef struct gra_transforms_random_affine_options {
    int begin_;
    double degrees;      /* 0: turned by -degrees to degrees, clockwise */
    double translate[2]; /* {0, 0}: moved by up to these parts of the width and the height */
    double scale[2];     /* {1, 1}: larger by a factor between these */
    double shear;        /* 0: slanted by -shear to shear degrees, along x */
    double fill;         /* 0: what comes in from outside */
    bool bilinear;       /* false: the nearest pixel, as torchvision's default */
} gra_transforms_random_affine_options;

gra_transform *gra_transforms_random_affine_with(gra_transforms_random_affine_options options);

typedef struct gra_transforms_elastic_options {
    int begin_;
    double alpha; /* 34: pixels, by which the smooth field is multiplied */
    double sigma; /* 4: pixels, the deviation of the Gaussian that smooths it */
    double fill;  /* 0 */
} gra_transforms_elastic_options;

/* Each pixel comes from a place nearby: the displacements are uniform in -1 .. 1, smoothed by a
 * Gaussian, times alpha; bilinear. Source: Simard, Steinkraus, Platt, "Best practices for
 * convolutional neural networks applied to visual document analysis" (2003). */
gra_transform *gra_transforms_elastic_with(gra_transforms_elastic_options options);

typedef struct gra_transforms_random_erasing_options {
    int begin_;
    double p;        /* 0.5 */
    double scale[2]; /* 0.02 to 0.33: of the area of the image */
    double ratio[2]; /* 0.3 to 3.3: height to width, uniform in its logarithm */
    double value;    /* 0 */
    bool noise;      /* false; true: normal numbers instead of value, for float32 */
} gra_transforms_random_erasing_options;

/* A rectangle becomes value. Source: Zhong et al., "Random erasing data augmentation" (2017). */
gra_transform *gra_transforms_random_erasing_with(gra_transforms_random_erasing_options options);

/* ---- colours ---- */

typedef struct gra_transforms_grayscale_options {
    int begin_;
    int64_t channels; /* 1; or 3, all the same */
} gra_transforms_grayscale_options;

/* 0.299 R + 0.587 G + 0.114 B. */
gra_transform *gra_transforms_grayscale_with(gra_transforms_grayscale_options options);

typedef struct gra_transforms_color_jitter_options {
    int begin_;
    double brightness; /* 0: times 1 - brightness to 1 + brightness */
    double contrast;   /* 0: the same for the distance to the image's mean grey */
    double saturation; /* 0: the same for the distance to each pixel's grey */
    double hue;        /* 0: turned by -hue to hue of the circle of colours, at most 0.5 */
} gra_transforms_color_jitter_options;

/* Those that are above 0, in random order. Results stay in 0 .. 255, or 0 .. 1. */
gra_transform *gra_transforms_color_jitter_with(gra_transforms_color_jitter_options options);

typedef struct gra_transforms_pca_lighting_options {
    int begin_;
    double std; /* 0.1 */
} gra_transforms_pca_lighting_options;

/* Adds to every pixel the principal components of ImageNet's colours, each times its eigenvalue and a
 * normal number of deviation std. Source: Krizhevsky et al., "ImageNet classification with deep
 * convolutional neural networks" (2012), section 4.1. */
gra_transform *gra_transforms_pca_lighting_with(gra_transforms_pca_lighting_options options);

/* ---- one's own ---- */

/* x after what the caller does to it, or NULL after gra_fail; x is not to be written. Several threads
 * may be in it at once. */
typedef gra_tensor *(*gra_transform_function)(gra_tensor *x, void *context);

gra_transform *gra_transforms_lambda(gra_transform_function function, void *context);

#ifndef __cplusplus
#define GRA__TRANSFORM(name, options, ...)                                                         \
    gra_transforms_##name##_with(GRA_KEYWORDS(gra_transforms_##options##_options, __VA_ARGS__))
#define gra_transforms_normalize(...) GRA__TRANSFORM(normalize, normalize, .begin_ = 0, __VA_ARGS__)
#define gra_transforms_resize(...) GRA__TRANSFORM(resize, resize, .begin_ = 0, __VA_ARGS__)
#define gra_transforms_center_crop(...) GRA__TRANSFORM(center_crop, crop, .begin_ = 0, __VA_ARGS__)
#define gra_transforms_five_crop(...) GRA__TRANSFORM(five_crop, crop, .begin_ = 0, __VA_ARGS__)
#define gra_transforms_ten_crop(...) GRA__TRANSFORM(ten_crop, crop, .begin_ = 0, __VA_ARGS__)
#define gra_transforms_pad(...) GRA__TRANSFORM(pad, pad, .begin_ = 0, __VA_ARGS__)
#define gra_transforms_random_crop(...)                                                            \
    GRA__TRANSFORM(random_crop, random_crop, .begin_ = 0, __VA_ARGS__)
#define gra_transforms_random_resized_crop(...)                                                    \
    GRA__TRANSFORM(random_resized_crop, random_resized_crop, .scale = {0.08, 1},                   \
                   .ratio = {3. / 4, 4. / 3}, .begin_ = 0, __VA_ARGS__)
#define gra_transforms_random_horizontal_flip(...)                                                 \
    GRA__TRANSFORM(random_horizontal_flip, flip, .p = 0.5, .begin_ = 0, __VA_ARGS__)
#define gra_transforms_random_vertical_flip(...)                                                   \
    GRA__TRANSFORM(random_vertical_flip, flip, .p = 0.5, .begin_ = 0, __VA_ARGS__)
#define gra_transforms_random_affine(...)                                                          \
    GRA__TRANSFORM(random_affine, random_affine, .scale = {1, 1}, .begin_ = 0, __VA_ARGS__)
#define gra_transforms_elastic(...)                                                                \
    GRA__TRANSFORM(elastic, elastic, .alpha = 34, .sigma = 4, .begin_ = 0, __VA_ARGS__)
#define gra_transforms_random_erasing(...)                                                         \
    GRA__TRANSFORM(random_erasing, random_erasing, .p = 0.5, .scale = {0.02, 0.33},                \
                   .ratio = {0.3, 3.3}, .begin_ = 0, __VA_ARGS__)
#define gra_transforms_grayscale(...)                                                              \
    GRA__TRANSFORM(grayscale, grayscale, .channels = 1, .begin_ = 0, __VA_ARGS__)
#define gra_transforms_color_jitter(...)                                                           \
    GRA__TRANSFORM(color_jitter, color_jitter, .begin_ = 0, __VA_ARGS__)
#define gra_transforms_pca_lighting(...)                                                           \
    GRA__TRANSFORM(pca_lighting, pca_lighting, .std = 0.1, .begin_ = 0, __VA_ARGS__)
#endif

GRA_END_DECLS

#endif
