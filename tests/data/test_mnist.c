/* test_mnist.c - MNIST: small folders made here, and the real one where GRADUS_DATA has it. */
#include "gradus.h"

#include "server.h"

enum { SIDE = 28, PIXELS = SIDE * SIDE };

static const char *const part_names[] = {"train-images-idx3-ubyte", "train-labels-idx1-ubyte"};

/* Writes `count` images of the given side, image i all of value 50 i, or removes the file (-1). */
static void put_images(const char *name, int count, int side)
{
    static unsigned char bytes[16 + 10 * 30 * 30];
    memcpy(bytes, (unsigned char[]){0, 0, 8, 3, 0, 0, 0, (unsigned char)count}, 8);
    memcpy(bytes + 8, (unsigned char[]){0, 0, 0, (unsigned char)side}, 4);
    memcpy(bytes + 12, (unsigned char[]){0, 0, 0, (unsigned char)side}, 4);
    for (int i = 0; i < count; i++)
        memset(bytes + 16 + i * side * side, 50 * i, (size_t)(side * side));
    put_file(name, bytes, 16 + (size_t)(count * side * side));
}

static void put_labels(const char *name, int count, const unsigned char *labels)
{
    unsigned char bytes[32] = {0, 0, 8, 1, 0, 0, 0, (unsigned char)count};
    memcpy(bytes + 8, labels, (size_t)count);
    put_file(name, bytes, 8 + (size_t)count);
}

/* A good folder of three training examples, and nothing else. */
static void put_good(void)
{
    files_clear();
    put_images(part_names[0], 3, SIDE);
    put_labels(part_names[1], 3, (const unsigned char[]){9, 0, 4});
}

static void rejects(const char *error)
{
    const int64_t live = gra_live();
    const int mark = gra_mark();
    ck_assert_ptr_null(gra_mnist(files_in(), .train = true));
    GRA_ASSERT_ERROR(error);
    ck_assert_int_eq(gra_live(), live);
    ck_assert_int_eq(gra_mark(), mark);
}

/* The same for an error that begins with the path of the images (0) or labels (1). */
static void rejects_part(int part, const char *error)
{
    rejects(text_of("gra_mnist: %s: %s", path_of(part_names[part]), error));
}

GRA_TEST(mnist_gives_scaled_images_and_labels)
{
    put_good();
    gra_tensor *x, *y;
    gra_data *const data = gra_mnist(files_in(), .train = true, .batch = 2);
    ck_assert_int_eq(gra_data_size(data), 3);
    ck_assert_int_eq(gra_data_batches(data), 2);
    ck_assert(gra_data_next(data, &x, &y));
    GRA_ASSERT_SHAPE(x, 2, 1, SIDE, SIDE);
    ck_assert_int_eq(gra_tensor_dtype(x), GRA_FLOAT32);
    ck_assert_int_eq(gra_tensor_dtype(y), GRA_INT64);
    GRA_ASSERT_VALUES(y, 9, 0);
    const float *const pixel = gra_tensor_data(x);
    for (int i = 0; i < PIXELS; i++) {
        ck_assert_float_eq(pixel[i], 0);
        ck_assert_float_eq(pixel[PIXELS + i], 50.0f / 255);
    }
    ck_assert(gra_data_next(data, &x, &y));
    GRA_ASSERT_SHAPE(x, 1, 1, SIDE, SIDE);
    GRA_ASSERT_VALUES(y, 4);
    ck_assert(!gra_data_next(data, &x, &y));
    gra_free(data);
}

GRA_TEST(mnist_takes_the_plain_file_before_the_compressed_one)
{
    put_good();
    gra_tensor *x, *y;
    const unsigned char other[] = {0, 0, 8, 1, 0, 0, 0, 3, 1, 1, 1};
    put_gzip(text_of("%s.gz", part_names[1]), other, sizeof other);
    gra_data *data = gra_mnist(files_in(), .train = true, .batch = 3);
    ck_assert(gra_data_next(data, &x, &y));
    GRA_ASSERT_VALUES(y, 9, 0, 4);
    gra_free(data);
    remove(path_of(part_names[1]));
    data = gra_mnist(files_in(), .train = true, .batch = 3);
    ck_assert(gra_data_next(data, &x, &y));
    GRA_ASSERT_VALUES(y, 1, 1, 1);
    gra_free(data);
}

GRA_TEST(mnist_reads_the_test_set_by_default)
{
    put_good();
    put_images("t10k-images-idx3-ubyte", 2, SIDE);
    put_labels("t10k-labels-idx1-ubyte", 2, (const unsigned char[]){7, 6});
    gra_tensor *x, *y;
    gra_data *const data = gra_mnist(files_in());
    ck_assert_int_eq(gra_data_size(data), 2);
    ck_assert(gra_data_next(data, &x, &y));
    GRA_ASSERT_SHAPE(x, 1, 1, SIDE, SIDE);
    GRA_ASSERT_VALUES(y, 7);
    gra_free(data);
    const gra_image_data_options defaults = gra_image_data_defaults();
    ck_assert_int_eq(defaults.batch, 1);
    ck_assert(!defaults.train && !defaults.shuffle && !defaults.drop_last && !defaults.dir);
}

GRA_TEST(mnist_rejects_a_folder_that_is_missing_or_lacks_a_file)
{
    ck_assert_ptr_null(gra_mnist(NULL));
    GRA_ASSERT_ERROR("gra_mnist: the folder's path is NULL");
    ck_assert_ptr_null(gra_mnist("/no/such/folder"));
    GRA_ASSERT_ERROR("gra_mnist: /no/such/folder/t10k-images-idx3-ubyte or .gz: No such file or "
                     "directory; .download = true fetches it");
    put_good();
    ck_assert_ptr_null(gra_mnist(files_in()));
    GRA_ASSERT_ERROR(text_of(
        "gra_mnist: %s/t10k-images-idx3-ubyte or .gz: No such file or directory; .download = true "
        "fetches it",
        files_in()));
    remove(path_of(part_names[1]));
    rejects(text_of("gra_mnist: %s/train-labels-idx1-ubyte or .gz: No such file or directory; "
                    ".download = true fetches it",
                    files_in()));
    ck_assert_int_eq(mkdir(path_of(part_names[1]), 0755), 0);
    rejects(text_of("gra_read_idx: %s/train-labels-idx1-ubyte: this is not a regular file",
                    files_in()));
    put_good();
    ck_assert_ptr_null(gra_mnist(path_of(part_names[0])));
    GRA_ASSERT_ERROR(text_of("gra_mnist: %s/train-images-idx3-ubyte/t10k-images-idx3-ubyte or .gz: "
                             "Not a directory; .download = true fetches it",
                             files_in()));
}

GRA_TEST(mnist_rejects_a_path_that_is_too_long)
{
    static char dir[5000];
    memset(dir, 'x', sizeof dir - 1);
    ck_assert_ptr_null(gra_mnist(dir));
    GRA_ASSERT_ERROR("gra_mnist: the folder's path is longer than 4096 bytes");
}

GRA_TEST(mnist_passes_on_what_is_wrong_with_a_file)
{
    put_good();
    const char *const path = put_file(part_names[0], "IDX?", 4);
    rejects(
        text_of("gra_read_idx: %s: the first bytes are 49 44 58 3f; an IDX file of uint8, int32, "
                "float32 or float64 begins with 00 00, 08, 0c, 0d or 0e, and 1 to 8 dims",
                path));
}

GRA_TEST(mnist_rejects_a_label_out_of_range)
{
    put_good();
    put_labels(part_names[1], 3, (const unsigned char[]){9, 0, 10});
    rejects_part(1, "label 10 of example 2 is out of range; 0 to 9 are possible: fetch the file "
                    "again");
    put_labels(part_names[1], 3, (const unsigned char[]){255, 0, 10});
    rejects_part(1, "label 255 of example 0 is out of range; 0 to 9 are possible: fetch the file "
                    "again");
}

GRA_TEST(mnist_rejects_counts_that_differ)
{
    put_good();
    put_labels(part_names[1], 2, (const unsigned char[]){9, 0});
    rejects(
        "gra_mnist: the images are uint8 [3, 28, 28], the labels uint8 [2]; uint8 [N, H, W] and "
        "[N] are needed");
    put_labels(part_names[1], 4, (const unsigned char[]){9, 0, 1, 2});
    rejects(
        "gra_mnist: the images are uint8 [3, 28, 28], the labels uint8 [4]; uint8 [N, H, W] and "
        "[N] are needed");
}

GRA_TEST(mnist_rejects_other_shapes_and_dtypes)
{
    put_good();
    put_images(part_names[0], 3, 30);
    rejects_part(0, "the images have shape [3, 30, 30]; [N, 28, 28] is needed");
    put_images(part_names[0], 3, 0);
    rejects_part(0, "the images have shape [3, 0, 0]; [N, 28, 28] is needed");
    put_labels(part_names[0], 3, (const unsigned char[]){9, 0, 4});
    rejects_part(0, "the images have shape [3]; [N, 28, 28] is needed");
    put_good();
    put_images(part_names[1], 3, SIDE);
    rejects_part(1, "label 50 of example 784 is out of range; 0 to 9 are possible: fetch the file "
                    "again");
    const unsigned char ints[] = {0, 0, 12, 1, 0, 0, 0, 1, 0, 0, 0, 1};
    put_images(part_names[0], 1, SIDE);
    put_file(part_names[1], ints, sizeof ints);
    rejects(
        "gra_mnist: the images are uint8 [1, 28, 28], the labels int32 [1]; uint8 [N, H, W] and "
        "[N] are needed");
}

GRA_TEST(mnist_rejects_an_empty_set_and_a_batch_of_0)
{
    put_good();
    ck_assert_ptr_null(gra_mnist(files_in(), .train = true, .batch = 0));
    GRA_ASSERT_ERROR("gra_loader: batch 0 is out of range; at least 1 is needed");
    put_images(part_names[0], 0, SIDE);
    put_labels(part_names[1], 0, (const unsigned char[]){0});
    rejects("gra_loader: the data set of images is empty; at least one example is needed");
}

GRA_TEST(mnist_leaves_an_earlier_error)
{
    put_good();
    gra_fail("an earlier mistake");
    rejects("an earlier mistake");
}

GRA_TEST(the_sets_like_mnist_say_their_own_name)
{
    put_good();
    gra_tensor *x, *y;
    put_labels(part_names[1], 3, (const unsigned char[]){9, 0, 11});
    ck_assert_ptr_null(gra_fashion_mnist(files_in(), .train = true));
    GRA_ASSERT_ERROR(text_of("gra_fashion_mnist: %s: label 11 of example 2 is out of range; 0 to 9 "
                             "are possible: fetch the file again",
                             path_of(part_names[1])));
    ck_assert_ptr_null(gra_kmnist_dataset(files_in()));
    GRA_ASSERT_ERROR(text_of("gra_kmnist: %s/t10k-images-idx3-ubyte or .gz: No such file or "
                             "directory; .download = true fetches it",
                             files_in()));
    put_good();
    gra_data *const clothes = gra_fashion_mnist(files_in(), .train = true, .batch = 3);
    ck_assert(gra_data_next(clothes, &x, &y));
    GRA_ASSERT_VALUES(y, 9, 0, 4);
    gra_dataset *const set = gra_kmnist_dataset(files_in(), .train = true);
    ck_assert_int_eq(gra_dataset_size(set), 3);
    gra_free(clothes, set);
}

/* A transform gets bytes; here it gives what it got. */
static gra_tensor *same_as_it_was(const gra_transform *t, gra_tensor *x)
{
    (void)t;
    return x;
}

static const gra_transform_class nothing = {.name = "nothing", .apply = same_as_it_was};

GRA_TEST(a_transform_is_given_bytes)
{
    put_good();
    gra_tensor *x, *y;
    gra_data *const data = gra_mnist(files_in(), .train = true, .batch = 3,
                                     .transform = gra_transform_new(&nothing, 0));
    ck_assert(gra_data_next(data, &x, &y));
    ck_assert_int_eq(gra_tensor_dtype(x), GRA_UINT8);
    GRA_ASSERT_SHAPE(x, 3, 1, SIDE, SIDE);
    ck_assert_double_eq(gra_tensor_at(x, GRA_SHAPE(2, 0, 5, 5)), 100);
    GRA_ASSERT_VALUES(y, 9, 0, 4);
    ck_assert_int_eq(gra_tensor_dtype(y), GRA_INT64);
    gra_free(data);
}

GRA_TEST(a_transform_is_taken_over_also_by_a_set_that_fails)
{
    put_good();
    ck_assert_ptr_null(gra_mnist(files_in(), .transform = gra_transform_new(&nothing, 0)));
    gra_clear_error();
    gra_transform *const t = gra_transform_new(&nothing, 0);
    gra_dataset *const set = gra_mnist_dataset(files_in(), .train = true, .transform = t);
    ck_assert_ptr_nonnull(set);
    ck_assert_ptr_null(gra_mnist_dataset(files_in(), .train = true, .transform = t));
    GRA_ASSERT_ERROR("gra_mnist: the transform belongs to another data set or compose already; "
                     "make one for each");
    gra_free(set);
}

/* The files themselves are not here, but where they would be fetched from is. */
GRA_TEST(mnist_is_fetched_from_a_mirror_and_checked)
{
    static const server_file served[] = {{"train-images-idx3-ubyte.gz", "another", 7},
                                         {"kmnist/t10k-images-idx3-ubyte.gz", "another", 7},
                                         {0}};
    files_clear();
    server_start(served);
    const char *const error =
        "%s: %s/new/%s-images-idx3-ubyte.gz could not be fetched: %s: what came has the checksum "
        "b32d73e56ec99bc5ec8f83871cde708a and not %s; try again, name a mirror (.mirror or "
        "GRADUS_MIRROR), or put the file there by hand";
    ck_assert_ptr_null(
        gra_mnist(path_of("new"), .train = true, .download = true, .mirror = server_url("good")));
    GRA_ASSERT_ERROR(text_of(error, "gra_mnist", files_in(), "train",
                             server_url("good/train-images-idx3-ubyte.gz"),
                             "f68b3c2dcbeaaa9fbdd348bbdeb94873"));
    setenv("GRADUS_MIRROR", server_url("good"), 1);
    ck_assert_ptr_null(gra_kmnist_dataset(path_of("new"), .download = true));
    GRA_ASSERT_ERROR(text_of(error, "gra_kmnist", files_in(), "t10k",
                             server_url("good/kmnist/t10k-images-idx3-ubyte.gz"),
                             "5c965bf0a639b31b8f53240b1b52f4d7"));
    unsetenv("GRADUS_MIRROR");
    ck_assert_int_eq(server_requests, 2);
    put_good();
    gra_data *const data = gra_mnist(files_in(), .train = true, .download = true);
    ck_assert_int_eq(gra_data_size(data), 3);
    gra_free(data);
    ck_assert_int_eq(server_requests, 2);
}

/* The numbers that everybody normalises with. */
static void check_statistics(double sum, double squares, double count)
{
    const double mean = sum / count;
    ck_assert_double_eq_tol(mean, 0.1307, 5e-5);
    ck_assert_double_eq_tol(sqrt(squares / count - mean * mean), 0.3081, 5e-5);
}

static void check_set(const char *dir, bool train, const int *counts, int total)
{
    int seen[10] = {0};
    double sum = 0, squares = 0;
    gra_tensor *x, *y;
    gra_data *const data = gra_mnist(dir, .train = train, .batch = 1000);
    GRA_ASSERT_NO_ERROR();
    ck_assert_int_eq(gra_data_size(data), total);
    for (int mark = gra_mark(); gra_data_next(data, &x, &y); gra_release(mark)) {
        GRA_ASSERT_SHAPE(x, 1000, 1, SIDE, SIDE);
        const float *const pixel = gra_tensor_data(x);
        const int64_t *const label = gra_tensor_data(y);
        for (int64_t i = 0; i < 1000; i++)
            seen[label[i]]++;
        for (int64_t i = 0; train && i < gra_tensor_numel(x); i++) {
            sum += pixel[i];
            squares += (double)pixel[i] * pixel[i];
        }
    }
    for (int k = 0; k < 10; k++)
        ck_assert_int_eq(seen[k], counts[k]);
    if (train)
        check_statistics(sum, squares, (double)total * PIXELS);
    gra_free(data);
}

GRA_TEST(mnist_itself_is_read_whole)
{
    static const int train[] = {5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949};
    static const int test[] = {980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009};
    const char *const folder = getenv("GRADUS_DATA");
    if (!folder)
        GRA_SKIP("GRADUS_DATA is not set; it names the folder that holds mnist/");
    const char *const dir = text_of("%s/mnist", folder);
    check_set(dir, true, train, 60000);
    check_set(dir, false, test, 10000);
}

GRA_TEST_MAIN("mnist", mnist_gives_scaled_images_and_labels,
              mnist_takes_the_plain_file_before_the_compressed_one,
              mnist_reads_the_test_set_by_default,
              mnist_rejects_a_folder_that_is_missing_or_lacks_a_file,
              mnist_rejects_a_path_that_is_too_long, mnist_passes_on_what_is_wrong_with_a_file,
              mnist_rejects_a_label_out_of_range, mnist_rejects_counts_that_differ,
              mnist_rejects_other_shapes_and_dtypes, mnist_rejects_an_empty_set_and_a_batch_of_0,
              mnist_leaves_an_earlier_error, the_sets_like_mnist_say_their_own_name,
              a_transform_is_given_bytes, a_transform_is_taken_over_also_by_a_set_that_fails,
              mnist_is_fetched_from_a_mirror_and_checked, mnist_itself_is_read_whole)
