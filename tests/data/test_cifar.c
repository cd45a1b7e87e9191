/* test_cifar.c - CIFAR-10 and CIFAR-100 from files made here, in folders and archives. */
#include "gradus.h"

#include "server.h"

enum { PIXELS = 3072, FILE_RECORDS = 10000, BATCHES = 5 };

static const char *batch_name(int number) /* 0: the test set's */
{
    return number ? text_of("data_batch_%d.bin", number) : "test_batch.bin";
}

/* A file of zeroes, but for the label and three pixels of one record: the first red, the last green and
 * the blue one at row 1, column 2. */
static void put_batch(const char *path, int64_t records, int label_bytes, int64_t i, int label)
{
    const int64_t record = label_bytes + PIXELS;
    put_file(path, "", 0);
    FILE *const file = fopen(path_of(path), "r+b");
    ck_assert_ptr_nonnull(file);
    ck_assert_int_eq(ftruncate(fileno(file), records * record), 0);
    const int64_t at[] = {label_bytes - 1, label_bytes, label_bytes + 2047,
                          label_bytes + 2048 + 32 + 2};
    const int values[] = {label, 51, 102, 255};
    for (int k = 0; k < 4; k++) {
        fseek(file, (long)(i * record + at[k]), SEEK_SET);
        fputc(values[k], file);
    }
    ck_assert_int_eq(fclose(file), 0);
}

/* In batch b, record 10 b has label b + 1. */
static void put_cifar10(const char *folder, bool train)
{
    for (int b = train; b <= (train ? BATCHES : 0); b++)
        put_batch(text_of("%s/%s", folder, batch_name(b)), FILE_RECORDS, 1, 10 * b, b + 1);
}

static void check_example(const gra_dataset *set, int64_t i, int label)
{
    gra_tensor *x, *y;
    ck_assert_int_eq(gra_dataset_get(set, i, &x, &y), 0);
    GRA_ASSERT_SHAPE(x, 3, 32, 32);
    ck_assert_int_eq(gra_tensor_dtype(x), GRA_FLOAT32);
    ck_assert_int_eq(gra_tensor_dtype(y), GRA_INT64);
    ck_assert_int_eq(gra_item_int(y), label);
    const float *const pixel = gra_tensor_data(x);
    for (int k = 0; k < PIXELS; k++)
        ck_assert_float_eq(pixel[k], !label           ? 0
                                     : k == 0         ? 51.0f / 255
                                     : k == 2047      ? 102.0f / 255
                                     : k == 2048 + 34 ? 1
                                                      : 0);
}

static void rejects(const char *path, bool train, const char *error)
{
    ck_assert_ptr_null(gra_cifar10(path, .train = train));
    GRA_ASSERT_ERROR(error);
}

GRA_TEST(cifar10_reads_the_five_files_of_the_training_set_in_their_order)
{
    files_clear();
    put_cifar10("cifar-10-batches-bin", true);
    for (int named = 0; named < 2; named++) {
        gra_dataset *const set = gra_cifar10_dataset(
            named ? path_of("cifar-10-batches-bin") : files_in(), .train = true);
        GRA_ASSERT_NO_ERROR();
        ck_assert_int_eq(gra_dataset_size(set), 50000);
        for (int b = 1; b <= BATCHES; b++) {
            check_example(set, (b - 1) * FILE_RECORDS + 10 * b, b + 1);
            check_example(set, (b - 1) * FILE_RECORDS + 10 * b + 1, 0);
        }
        gra_free(set);
    }
}

GRA_TEST(cifar10_gives_batches)
{
    files_clear();
    put_cifar10("cifar-10-batches-bin", false);
    gra_tensor *x, *y;
    gra_data *data = gra_cifar10(files_in(), .batch = 4);
    ck_assert_int_eq(gra_data_size(data), 10000);
    ck_assert(gra_data_next(data, &x, &y));
    GRA_ASSERT_SHAPE(x, 4, 3, 32, 32);
    GRA_ASSERT_VALUES(y, 1, 0, 0, 0);
    ck_assert_double_eq(gra_tensor_at(x, GRA_SHAPE(0, 2, 1, 2)), 1);
    gra_free(data);
    data = gra_cifar10(files_in(), .batch = 2, .transform = gra_transforms_center_crop(4));
    ck_assert(gra_data_next(data, &x, &y));
    GRA_ASSERT_SHAPE(x, 2, 3, 4, 4);
    ck_assert_int_eq(gra_tensor_dtype(x), GRA_UINT8);
    gra_free(data);
}

GRA_TEST(cifar10_is_read_from_its_archive)
{
    files_clear();
    put_cifar10("cifar-10-batches-bin", false);
    ck_assert_int_eq(system(text_of("cd %s && tar -czf cifar-10-binary.tar.gz "
                                    "cifar-10-batches-bin && tar -cf other.tar "
                                    "cifar-10-batches-bin && rm -r cifar-10-batches-bin",
                                    files_in())),
                     0);
    const char *const paths[] = {files_in(), path_of("cifar-10-binary.tar.gz"),
                                 path_of("other.tar")};
    for (int i = 0; i < 3; i++) {
        gra_dataset *const set = gra_cifar10_dataset(paths[i]);
        GRA_ASSERT_NO_ERROR();
        check_example(set, 0, 1);
        check_example(set, 9999, 0);
        gra_free(set);
    }
    rejects(files_in(), true,
            text_of("gra_cifar10: %s: it has no data_batch_1.bin; fetch it again",
                    path_of("cifar-10-binary.tar.gz")));
}

GRA_TEST(cifar100_gives_the_fine_label)
{
    files_clear();
    put_batch("cifar-100-binary/train.bin", 50000, 2, 49999, 99);
    put_batch("cifar-100-binary/test.bin", 10000, 2, 7, 42);
    gra_dataset *const train = gra_cifar100_dataset(files_in(), .train = true);
    gra_dataset *const test = gra_cifar100_dataset(files_in());
    GRA_ASSERT_NO_ERROR();
    ck_assert_int_eq(gra_dataset_size(train), 50000);
    check_example(train, 49999, 99);
    check_example(train, 0, 0);
    check_example(test, 7, 42);
    gra_free(train, test);
    put_batch("cifar-100-binary/test.bin", 10000, 2, 7, 100);
    ck_assert_ptr_null(gra_cifar100(files_in()));
    GRA_ASSERT_ERROR(
        text_of("gra_cifar100: %s: label 100 of example 7 is out of range; 0 to 99 are "
                "possible: fetch the file again",
                path_of("cifar-100-binary/test.bin")));
}

GRA_TEST(cifar10_rejects_files_of_another_size_and_labels_out_of_range)
{
    files_clear();
    const char *const file = "cifar-10-batches-bin/test_batch.bin";
    put_batch(file, 9999, 1, 5, 1);
    rejects(files_in(), false,
            text_of("gra_cifar10: %s: it has 30726927 bytes; 10000 images in the binary form have "
                    "30730000: fetch the file again",
                    path_of(file)));
    put_file(file, "", 0);
    rejects(files_in(), false,
            text_of("gra_cifar10: %s: it has 0 bytes; 10000 images in the binary form have "
                    "30730000: fetch the file again",
                    path_of(file)));
    put_batch(file, FILE_RECORDS, 1, 1234, 10);
    rejects(files_in(), false,
            text_of("gra_cifar10: %s: label 10 of example 1234 is out of range; 0 to 9 are "
                    "possible: fetch the file again",
                    path_of(file)));
    put_cifar10("cifar-10-batches-bin", true);
    remove(path_of("cifar-10-batches-bin/data_batch_3.bin"));
    rejects(files_in(), true,
            text_of("gra_cifar10: %s: it has no data_batch_3.bin; fetch it again",
                    path_of("cifar-10-batches-bin")));
}

GRA_TEST(cifar10_rejects_a_folder_without_it)
{
    files_clear();
    rejects(files_in(), true,
            text_of("gra_cifar10: %s: there is neither cifar-10-batches-bin/ nor "
                    "cifar-10-binary.tar.gz; .download = true fetches it",
                    files_in()));
    rejects("/no/such/folder", false,
            "gra_cifar10: /no/such/folder: there is neither cifar-10-batches-bin/ nor "
            "cifar-10-binary.tar.gz; .download = true fetches it");
    rejects(NULL, false, "gra_cifar10: the folder's path is NULL");
    const char *const text = put_file("text", "no archive", 10);
    rejects(text, false,
            text_of("gra_cifar10: %s: this is no archive (Unrecognized archive format); a folder, "
                    "or a .tar, .tar.gz or .zip file is needed",
                    text));
    gra_fail("an earlier mistake");
    ck_assert_ptr_null(gra_cifar10_dataset(files_in()));
    GRA_ASSERT_ERROR("an earlier mistake");
}

GRA_TEST(a_failed_set_frees_its_transform)
{
    files_clear();
    ck_assert_ptr_null(gra_cifar10(files_in(), .transform = gra_transforms_to_tensor()));
    ck_assert_ptr_nonnull(gra_error());
    gra_clear_error();
}

/* The archive itself is not here, but where it would be fetched from is. */
GRA_TEST(cifar_is_fetched_from_a_mirror_and_checked)
{
    static const server_file served[] = {{"cifar-10-binary.tar.gz", "another", 7},
                                         {"cifar100/cifar-100-binary.tar.gz", "another", 7},
                                         {0}};
    static const char error[] =
        "%s: %s/%s could not be fetched: %s: what came has the checksum "
        "b32d73e56ec99bc5ec8f83871cde708a and not %s; try again, name a mirror (.mirror or "
        "GRADUS_MIRROR), or put the file there by hand";
    files_clear();
    server_start(served);
    ck_assert_ptr_null(gra_cifar10(files_in(), .download = true, .mirror = server_url("good/")));
    GRA_ASSERT_ERROR(text_of(error, "gra_cifar10", files_in(), "cifar-10-binary.tar.gz",
                             server_url("good/cifar-10-binary.tar.gz"),
                             "c32a1d4ab5d03f1284b67883e8d87530"));
    setenv("GRADUS_MIRROR", server_url("good"), 1);
    ck_assert_ptr_null(gra_cifar100_dataset(files_in(), .download = true));
    GRA_ASSERT_ERROR(text_of(error, "gra_cifar100", files_in(), "cifar-100-binary.tar.gz",
                             server_url("good/cifar100/cifar-100-binary.tar.gz"),
                             "03b5dce01913d631647c71ecec9e9cb8"));
    unsetenv("GRADUS_MIRROR");
    ck_assert_int_eq(server_requests, 2);
    put_cifar10("cifar-10-batches-bin", false);
    gra_dataset *const set = gra_cifar10_dataset(files_in(), .download = true);
    ck_assert_int_eq(gra_dataset_size(set), 10000);
    gra_free(set);
    ck_assert_int_eq(server_requests, 2);
}

GRA_TEST_MAIN("cifar", cifar10_reads_the_five_files_of_the_training_set_in_their_order,
              cifar10_gives_batches, cifar10_is_read_from_its_archive,
              cifar100_gives_the_fine_label,
              cifar10_rejects_files_of_another_size_and_labels_out_of_range,
              cifar10_rejects_a_folder_without_it, a_failed_set_frees_its_transform,
              cifar_is_fetched_from_a_mirror_and_checked)
