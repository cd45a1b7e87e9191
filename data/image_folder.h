/* image_folder.h - photographs in one folder a class, or in an archive of such folders.
 *
 *     gra_data *train = gra_image_folder("imagenette/train", .transform = augment, .batch = 64,
 *                                        .shuffle = true, .workers = 4);
 *     gra_dataset *test = gra_image_folder_dataset("val.tar.gz", .transform = center);
 *     puts(gra_image_folder_class(test, 0));                          "n01440764"
 *
 * The classes are the folders, sorted by name, byte by byte, and numbered from 0; the images are all files
 * below them that are called .jpg, .jpeg, .png, .ppm, .bmp, .pgm, .tif, .tiff or .webp, in any case of
 * letters, in the order of torchvision's ImageFolder.  Hidden ones are left out.  Gradus reads JPEG and
 * PNG; each other is an error when its turn comes.
 *
 * A .tar, .tar.gz (.bz2, .xz, .zst) or .zip is read where it lies.  The images of a plain .tar are read
 * from it when their turn comes; those of others are held in memory as they were packed, a JPEG as a
 * JPEG.  Where all the classes of an archive lie in one folder, that is entered.
 *
 * Without a transform x is float32 [3, H, W] in 0 .. 1, which fits into batches where all images have the
 * same size; a transform decides itself how much of a file is decoded.  y is the class, int64.
 *
 * .classes_of is for the set to test with: where its folders have other names than those of the set to
 * train with, its numbers would mean other classes, and that is an error.
 */
#ifndef GRA_DATA_IMAGE_FOLDER_H
#define GRA_DATA_IMAGE_FOLDER_H

#include "loader.h"
#include "transform.h"

GRA_BEGIN_DECLS

#define GRA_IMAGE_FOLDER_FIELDS                                                                    \
    const char *path;         /* a folder or an archive; "train" also stands for train.tar.gz */   \
    gra_transform *transform; /* NULL; taken over, also when the set fails */                      \
    const char *inside;  /* NULL; the folder in it that has the classes: "val". "": the top */     \
    int64_t limit;       /* 0: all; else at most so many images of each class, the first ones */   \
    bool cache;          /* false; true keeps the files' bytes in memory once they were read */    \
    gra_image_mode mode; /* GRA_IMAGE_RGB */                                                       \
    int64_t max_pixels;  /* 0: an image of more than 100 million is an error */                    \
    const gra_dataset *classes_of; /* NULL; else an image folder that must have the same classes */

typedef struct gra_image_folder_dataset_options {
    int begin_;
    GRA_IMAGE_FOLDER_FIELDS
} gra_image_folder_dataset_options;

typedef struct gra_image_folder_options {
    int begin_;
    GRA_IMAGE_FOLDER_FIELDS
    GRA_LOADER_FIELDS
} gra_image_folder_options;

gra_image_folder_dataset_options gra_image_folder_dataset_defaults(void);
gra_image_folder_options gra_image_folder_defaults(void);

/* NULL with an error that has the path for one that is missing, has no class folders or one without
 * images, or is an archive that is cut short or leads out of its folder. */
gra_dataset *gra_image_folder_dataset_with(gra_image_folder_dataset_options options);
gra_data *gra_image_folder_with(gra_image_folder_options options);

#ifndef __cplusplus
#define gra_image_folder_dataset(...)                                                              \
    gra_image_folder_dataset_with(                                                                 \
        GRA_KEYWORDS(gra_image_folder_dataset_options, .begin_ = 0, __VA_ARGS__))
#define gra_image_folder(...)                                                                      \
    gra_image_folder_with(                                                                         \
        GRA_KEYWORDS(gra_image_folder_options, GRA_LOADER_DEFAULTS, .begin_ = 0, __VA_ARGS__))
#endif

/* How many classes there are, and the name of one; the name of an example's file, "cat/1.jpg". -1 or
 * NULL with an error for another kind of data set, or a number out of range. */
int64_t gra_image_folder_classes(const gra_dataset *set);
const char *gra_image_folder_class(const gra_dataset *set, int64_t class_);
const char *gra_image_folder_file(const gra_dataset *set, int64_t example);

GRA_END_DECLS

#endif
