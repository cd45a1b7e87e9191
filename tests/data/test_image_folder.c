/* test_image_folder.c - class folders and archives of them: labels, order, bad files. */
#include "gradus.h"

#include "pictures.h"

/* A grey PNG whose pixels all have one value, by which it is told from others. */
static void put_png(const char *name, int value, int height, int width)
{
    uint8_t pixels[64 * 64];
    png_image image = {.version = PNG_IMAGE_VERSION,
                       .width = (png_uint_32)width,
                       .height = (png_uint_32)height,
                       .format = PNG_FORMAT_GRAY};
    memset(pixels, value, sizeof pixels);
    ck_assert_ptr_nonnull(put_file(name, "", 0));
    ck_assert(png_image_write_to_file(&image, path_of(name), 0, pixels, 0, NULL));
}

/* Classes "Dog", "cat" and "cat-b", numbered so, and what does not belong to them. */
static void put_folders(const char *folder)
{
    static const char *const names[] = {"Dog/z.png",      "cat/10.png",       "cat/2.png",
                                        "cat/deep/1.PNG", "cat/deep-2/1.png", "cat-b/1.png"};
    for (int i = 0; i < 6; i++)
        put_png(text_of("%s/%s", folder, names[i]), 10 * (i + 1), 4, 5);
    put_png(text_of("%s/top.png", folder), 1, 4, 5);
    put_png(text_of("%s/cat/._2.png", folder), 2, 4, 5);
    put_file(text_of("%s/cat/notes.txt", folder), "text", 4);
    put_file(text_of("%s/README", folder), "text", 4);
}

static void check_example(const gra_dataset *set, int64_t i, int value, int class_)
{
    gra_tensor *x, *y;
    ck_assert_int_eq(gra_dataset_get(set, i, &x, &y), 0);
    GRA_ASSERT_SHAPE(x, 3, 4, 5);
    ck_assert_int_eq(gra_tensor_dtype(x), GRA_FLOAT32);
    ck_assert_int_eq(gra_tensor_dtype(y), GRA_INT64);
    for (int c = 0; c < 3; c++)
        ck_assert_float_eq((float)gra_tensor_at(x, GRA_SHAPE(c, 3, 4)), (float)value / 255);
    ck_assert_int_eq(gra_item_int(y), class_);
}

/* The set of put_folders: the order of torchvision's ImageFolder. */
static void check_set(const gra_dataset *set)
{
    static const int values[] = {10, 20, 30, 40, 50, 60}, classes[] = {0, 1, 1, 1, 1, 2};
    static const char *const files[] = {"Dog/z.png",      "cat/10.png",       "cat/2.png",
                                        "cat/deep/1.PNG", "cat/deep-2/1.png", "cat-b/1.png"};
    GRA_ASSERT_NO_ERROR();
    ck_assert_int_eq(gra_dataset_size(set), 6);
    for (int i = 0; i < 6; i++) {
        check_example(set, i, values[i], classes[i]);
        ck_assert_str_eq(gra_image_folder_file(set, i), files[i]);
    }
    ck_assert_int_eq(gra_image_folder_classes(set), 3);
    ck_assert_str_eq(gra_image_folder_class(set, 0), "Dog");
    ck_assert_str_eq(gra_image_folder_class(set, 1), "cat");
    ck_assert_str_eq(gra_image_folder_class(set, 2), "cat-b");
}

static void shell(const char *command)
{
    ck_assert_msg(system(command) == 0, "%s fails", command);
}

static void rejects(const char *path, const char *error)
{
    const int64_t live = gra_live();
    ck_assert_ptr_null(gra_image_folder_dataset(path, .transform = gra_transforms_to_tensor()));
    GRA_ASSERT_ERROR(error);
    ck_assert_int_eq(gra_live(), live);
}

GRA_TEST(folders_are_classes_in_the_order_of_their_names)
{
    files_clear();
    put_folders("f");
    gra_dataset *const set = gra_image_folder_dataset(path_of("f"));
    check_set(set);
    gra_free(set);
}

GRA_TEST(an_archive_is_like_the_folder)
{
    static const char *const commands[] = {"cd f && tar -cf ../a .", "cd f && tar -czf ../a *",
                                           "tar -cf a f", "mkdir g && mv f g && tar -czf a ./g",
                                           "cd f && python3 -m zipfile -c ../a *"};
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        files_clear();
        put_folders("f");
        if (strstr(commands[i], " f") || strstr(commands[i], " g"))
            remove(path_of("f/top.png")); /* an image beside class folders is in no wrapper */
        shell(text_of("cd %s && (%s)", files_in(), commands[i]));
        gra_dataset *const set = gra_image_folder_dataset(path_of("a"));
        check_set(set);
        gra_free(set);
    }
}

GRA_TEST(a_folder_inside_is_chosen)
{
    files_clear();
    put_folders("all/f");
    put_png("all/other/x/1.png", 99, 4, 5);
    shell(text_of("cd %s && tar -cf a.tar all && tar -czf b.tar.gz -C all f other", files_in()));
    const char *const paths[] = {path_of("all"), path_of("a.tar"), path_of("b.tar.gz")};
    for (int i = 0; i < 3; i++) {
        gra_dataset *const set =
            gra_image_folder_dataset(paths[i], .inside = i == 1 ? "all/f" : "f");
        check_set(set);
        gra_free(set);
    }
    gra_dataset *const top = gra_image_folder_dataset(paths[1], .inside = "");
    ck_assert_int_eq(gra_image_folder_classes(top), 1);
    ck_assert_str_eq(gra_image_folder_class(top, 0), "all");
    gra_free(top);
    ck_assert_ptr_null(gra_image_folder_dataset(paths[1], .inside = "none"));
    GRA_ASSERT_ERROR(text_of(
        "gra_image_folder: %s/none: there is no such folder, or no image in it; .inside names "
        "the folder in %s that has the class folders",
        paths[1], paths[1]));
}

GRA_TEST(a_folder_with_other_classes_than_anothers_is_rejected)
{
    files_clear();
    put_png("train/cat/1.png", 1, 2, 2);
    put_png("train/dog/1.png", 2, 2, 2);
    put_png("val/dog/1.png", 3, 2, 2);
    gra_dataset *const train = gra_image_folder_dataset(path_of("train"));
    ck_assert_ptr_null(gra_image_folder_dataset(path_of("val"), .classes_of = train));
    GRA_ASSERT_ERROR(text_of("gra_image_folder: %s: class 0 is dog, and cat in the set of "
                             ".classes_of; both need folders of the same names",
                             path_of("val")));
    put_png("val/cat/1.png", 4, 2, 2);
    gra_free(gra_image_folder(path_of("val"), .classes_of = train));
    put_png("val/owl/1.png", 5, 2, 2);
    ck_assert_ptr_null(gra_image_folder(path_of("val"), .classes_of = train));
    GRA_ASSERT_ERROR(text_of("gra_image_folder: %s: there are 3 classes, and 2 in the set of "
                             ".classes_of; both need folders of the same names",
                             path_of("val")));
    gra_dataset *const digits = gra_digits_dataset(.count = 10);
    ck_assert_ptr_null(gra_image_folder_dataset(path_of("train"), .classes_of = digits));
    GRA_ASSERT_ERROR("gra_image_folder_classes: the data set of images is no image folder");
    gra_free(digits, train);
}

GRA_TEST(a_folder_rejects_modes_and_sizes_that_there_are_not)
{
    files_clear();
    put_png("a/1.png", 1, 2, 2);
    const gra_image_mode mode = 3;
    ck_assert_ptr_null(gra_image_folder_dataset(files_in(), .mode = mode));
    GRA_ASSERT_ERROR("gra_image_folder: 3 is no mode; GRA_IMAGE_RGB, GRA_IMAGE_GREY and "
                     "GRA_IMAGE_UNCHANGED are");
    ck_assert_ptr_null(gra_image_folder(files_in(), .max_pixels = -1));
    GRA_ASSERT_ERROR("gra_image_folder: max_pixels is -1; at least 1 is needed");
}

GRA_TEST(a_limit_is_of_each_class)
{
    files_clear();
    put_folders("f");
    gra_dataset *const set = gra_image_folder_dataset(path_of("f"), .limit = 2);
    ck_assert_int_eq(gra_dataset_size(set), 4);
    check_example(set, 0, 10, 0);
    check_example(set, 1, 20, 1);
    check_example(set, 2, 30, 1);
    check_example(set, 3, 60, 2);
    gra_free(set);
    ck_assert_ptr_null(gra_image_folder_dataset(path_of("f"), .limit = -1));
    GRA_ASSERT_ERROR("gra_image_folder: limit -1 is out of range; at least 1 is needed (0: all)");
}

GRA_TEST(a_cache_keeps_what_was_read)
{
    files_clear();
    put_folders("f");
    gra_dataset *const set = gra_image_folder_dataset(path_of("f"), .cache = true);
    check_set(set);
    shell(text_of("rm -r %s/f", files_in()));
    check_set(set);
    gra_free(set);
}

GRA_TEST(a_transform_makes_the_image_and_a_mode_chooses_the_channels)
{
    files_clear();
    put_folders("f");
    gra_tensor *x, *y;
    gra_data *const data = gra_image_folder(
        path_of("f"), .mode = GRA_IMAGE_GREY, .batch = 6,
        .transform = gra_compose(gra_transforms_center_crop(2), gra_transforms_to_tensor()));
    ck_assert(gra_data_next(data, &x, &y));
    GRA_ASSERT_SHAPE(x, 6, 1, 2, 2);
    GRA_ASSERT_VALUES(y, 0, 1, 1, 1, 1, 2);
    GRA_ASSERT_VALUES(gra_select(gra_reshape(x, GRA_SHAPE(6, 4)), 1, 0), 10 / 255.0, 20 / 255.0,
                      30 / 255.0, 40 / 255.0, 50 / 255.0, 60 / 255.0);
    gra_free(data);
}

GRA_TEST(what_has_no_class_folders_is_rejected)
{
    static const char error[] = "gra_image_folder: %s: there are no class folders; images belong "
                                "into one folder a class, cat/1.jpg, dog/2.jpg";
    files_clear();
    rejects(files_in(), text_of(error, files_in()));
    put_png("top.png", 1, 2, 2);
    rejects(files_in(), text_of(error, files_in()));
    shell(text_of("cd %s && tar -cf a.tar top.png", files_in()));
    rejects(path_of("a.tar"), text_of(error, path_of("a.tar")));
    rejects("/no/such", "gra_image_folder: /no/such: No such file or directory; a folder or an "
                        "archive (.tar, .tar.gz, .zip) is needed");
    rejects(NULL, "gra_image_folder: the path is NULL; that of a folder or an archive is needed");
    rejects(path_of("top.png"),
            text_of("gra_image_folder: %s: this is no archive (Unrecognized archive format); a "
                    "folder, or a .tar, .tar.gz or .zip file is needed",
                    path_of("top.png")));
}

GRA_TEST(a_class_folder_without_images_is_rejected)
{
    static const char error[] = "gra_image_folder: %s: the class folder %s has no images (.jpg, "
                                ".jpeg, .png); put some into it, or remove it";
    files_clear();
    put_folders("f");
    put_file("f/bird/notes.txt", "text", 4);
    rejects(path_of("f"), text_of(error, path_of("f"), "bird"));
    shell(text_of("cd %s && tar -cf a.tar -C f .", files_in()));
    rejects(path_of("a.tar"), text_of(error, path_of("a.tar"), "bird"));
    shell(text_of("mv %s/f/bird %s/f/zebra", files_in(), files_in()));
    rejects(path_of("f"), text_of(error, path_of("f"), "zebra"));
}

/* The third image of four is a bad file of these bytes; the text of the error is `error`. */
static void spoils_a_batch(const char *name, const void *bytes, size_t count, const char *error)
{
    gra_tensor *x, *y;
    files_clear();
    put_png("f/a/1.png", 1, 4, 4);
    put_png("f/a/2.png", 2, 4, 4);
    put_png("f/b/4.png", 4, 4, 4);
    const char *const path = put_file(text_of("f/b/%s", name), bytes, count);
    gra_data *data = gra_image_folder(path_of("f"), .batch = 4);
    ck_assert(!gra_data_next(data, &x, &y));
    ck_assert_msg(gra_error() && strstr(gra_error(), path), "%s is not in: %s", path, gra_error());
    ck_assert_msg(strstr(gra_error(), error), "%s is not in: %s", error, gra_error());
    gra_clear_error();
    gra_free(data);
    data = gra_image_folder(path_of("f"), .batch = 4, .skip_errors = true);
    ck_assert(gra_data_next(data, &x, &y));
    GRA_ASSERT_NO_ERROR();
    GRA_ASSERT_SHAPE(x, 3, 3, 4, 4);
    GRA_ASSERT_VALUES(y, 0, 0, 1);
    ck_assert_int_eq(gra_data_skipped(data), 1);
    gra_free(data);
}

GRA_TEST(a_bad_file_is_an_error_with_its_path_or_left_out)
{
    static file_bytes jpeg;
    make_jpeg(&jpeg, 64, 64, (jpeg_options){.channels = 3});
    spoils_a_batch("3.jpg", "This is a text.", 15, "the file is neither a JPEG nor a PNG");
    spoils_a_batch("3.jpg", jpeg.bytes, jpeg.size / 2, "");
    spoils_a_batch("3.jpg", "", 0, "");
    spoils_a_batch("3.webp", "RIFF....WEBP", 12, "the file is neither a JPEG nor a PNG");
}

/* The header of a PNG of 30,000 x 30,000 pixels, whose checksum is right. */
GRA_TEST(an_image_of_too_many_pixels_is_rejected_before_it_is_decoded)
{
    uint8_t png[60] = "\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x75\x30\0\0\x75\x30\x08\x02";
    const uLong sum = crc32(0, png + 12, 17);
    for (int i = 0; i < 4; i++)
        png[29 + i] = (uint8_t)(sum >> (24 - 8 * i));
    memcpy(png + 33, "\0\0\0\x64IDAT", 8);
    spoils_a_batch("3.png", png, sizeof png,
                   "the image is 30000 x 30000, more than the 100000000 pixels that are allowed; "
                   "raise .max_pixels if you trust it");
    files_clear();
    gra_tensor *x, *y;
    put_png("f/a/1.png", 1, 4, 4);
    gra_dataset *const set = gra_image_folder_dataset(path_of("f"), .max_pixels = 15);
    ck_assert_int_eq(gra_dataset_get(set, 0, &x, &y), -1);
    ck_assert_ptr_nonnull(strstr(gra_error(), path_of("f/a/1.png")));
    gra_clear_error();
    gra_free(set);
}

GRA_TEST(images_that_differ_in_size_make_no_batch)
{
    files_clear();
    gra_tensor *x, *y;
    put_png("f/a/1.png", 1, 4, 4);
    put_png("f/a/2.png", 2, 4, 5);
    gra_data *const data = gra_image_folder(path_of("f"), .batch = 2);
    ck_assert(!gra_data_next(data, &x, &y));
    ck_assert_ptr_nonnull(strstr(gra_error(), "all must have the same dtype and shape"));
    gra_clear_error();
    gra_free(data);
}

GRA_TEST(workers_read_the_same_from_folders_and_archives)
{
    files_clear();
    gra_tensor *x, *y;
    for (int i = 0; i < 60; i++)
        put_png(text_of("f/%c/%02d.png", 'a' + i % 3, i), 4 * i, 4, 4);
    shell(text_of("cd %s && tar -cf a.tar f && tar -czf b.tgz f", files_in()));
    const char *const paths[] = {path_of("f"), path_of("a.tar"), path_of("a"), path_of("b")};
    for (int k = 0; k < 3; k++) {
        gra_data *const data = gra_image_folder(paths[k], .batch = 7, .workers = 3);
        int64_t seen = 0;
        for (int mark = gra_mark(); gra_data_next(data, &x, &y); gra_release(mark))
            for (int64_t i = 0; i < gra_tensor_size(x, 0); i++, seen++) {
                const int64_t class_ = seen / 20, number = 3 * (seen % 20) + class_;
                ck_assert_int_eq(gra_item_int(gra_select(y, 0, i)), class_);
                ck_assert_float_eq((float)gra_tensor_at(x, GRA_SHAPE(i, 2, 3, 3)),
                                   (float)(4 * number) / 255);
            }
        GRA_ASSERT_NO_ERROR();
        ck_assert_int_eq(seen, 60);
        gra_free(data);
    }
}

GRA_TEST(only_image_folders_have_classes_with_names)
{
    files_clear();
    put_folders("f");
    gra_dataset *const set = gra_image_folder_dataset(path_of("f"));
    gra_dataset *const other = gra_fake_data_dataset();
    ck_assert_ptr_null(gra_image_folder_class(set, 3));
    GRA_ASSERT_ERROR("gra_image_folder_class: class 3 is out of range; there are 3");
    ck_assert_ptr_null(gra_image_folder_file(set, -1));
    GRA_ASSERT_ERROR("gra_image_folder_file: example -1 is out of range; there are 6");
    ck_assert_int_eq(gra_image_folder_classes(other), -1);
    GRA_ASSERT_ERROR("gra_image_folder_classes: the data set of fake images is no image folder");
    ck_assert_int_eq(gra_image_folder_classes(NULL), -1);
    GRA_ASSERT_NO_ERROR();
    gra_free(set, other);
}

/* Example i of an archive of photographs is the class that the archive's list says. */
GRA_TEST(imagenette_is_read_from_its_archive)
{
    const char *const folder = getenv("GRADUS_DATA");
    const char *const path = text_of("%s/imagenette224/val.tar.gz", folder ? folder : "");
    if (!folder || access(path, F_OK) != 0)
        GRA_SKIP("GRADUS_DATA names no folder that holds imagenette224/");
    gra_tensor *x, *y;
    gra_data *const data = gra_image_folder(
        path, .batch = 100, .limit = 10,
        .transform = gra_compose(gra_transforms_center_crop(64), gra_transforms_to_tensor()));
    GRA_ASSERT_NO_ERROR();
    ck_assert_int_eq(gra_data_size(data), 100);
    ck_assert(gra_data_next(data, &x, &y));
    GRA_ASSERT_SHAPE(x, 100, 3, 64, 64);
    for (int i = 0; i < 100; i++)
        ck_assert_int_eq(((const int64_t *)gra_tensor_data(y))[i], i / 10);
    gra_free(data);
}

GRA_TEST_MAIN("image_folder", folders_are_classes_in_the_order_of_their_names,
              an_archive_is_like_the_folder, a_folder_inside_is_chosen, a_limit_is_of_each_class,
              a_folder_with_other_classes_than_anothers_is_rejected,
              a_folder_rejects_modes_and_sizes_that_there_are_not, a_cache_keeps_what_was_read,
              a_transform_makes_the_image_and_a_mode_chooses_the_channels,
              what_has_no_class_folders_is_rejected, a_class_folder_without_images_is_rejected,
              a_bad_file_is_an_error_with_its_path_or_left_out,
              an_image_of_too_many_pixels_is_rejected_before_it_is_decoded,
              images_that_differ_in_size_make_no_batch,
              workers_read_the_same_from_folders_and_archives,
              only_image_folders_have_classes_with_names, imagenette_is_read_from_its_archive)
