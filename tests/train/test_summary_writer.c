/* test_summary_writer.c - event files: that their records are whole, and mistakes. What TensorBoard reads of
 * them is looked at by tests/pytorch/check_tensorboard.py. */
#include "gradus.h"

#include "io/crc32c.h"

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../support/test.h"

static char dir[64];

static gra_writer *new_writer(void)
{
    strcpy(dir, "/tmp/gradus-writer-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(dir));
    gra_writer *const w = gra_summary_writer(dir);
    ck_assert_msg(w != NULL, "%s", gra_error());
    ck_assert_str_eq(gra_writer_log_dir(w), dir);
    return w;
}

static void remove_dir(void)
{
    char command[128];
    snprintf(command, sizeof command, "rm -r '%s'", dir);
    ck_assert_int_eq(system(command), 0);
}

/* The one event file of a folder, read. */
static size_t read_events(const char *folder, uint8_t *bytes, size_t capacity)
{
    struct dirent **found;
    char path[512] = "";
    const int count = scandir(folder, &found, NULL, NULL);
    for (int i = 0; i < count; i++) {
        if (strncmp(found[i]->d_name, "events.out.tfevents.", 20) == 0) {
            ck_assert_msg(!*path, "%s holds two files", folder);
            snprintf(path, sizeof path, "%s/%s", folder, found[i]->d_name);
        }
        free(found[i]);
    }
    free(found);
    FILE *const file = fopen(path, "rb");
    ck_assert_msg(file != NULL, "%s holds no file", folder);
    const size_t size = fread(bytes, 1, capacity, file);
    fclose(file);
    return size;
}

static uint64_t number(const uint8_t *at, int bytes)
{
    uint64_t value = 0;
    for (int i = 0; i < bytes; i++)
        value |= (uint64_t)at[i] << 8 * i;
    return value;
}

/* How many records there are, all of them with the right sums. */
static int count_records(const char *folder)
{
    static uint8_t bytes[1 << 20];
    const size_t size = read_events(folder, bytes, sizeof bytes);
    int count = 0;
    for (size_t at = 0; at < size; count++) {
        const uint64_t length = number(bytes + at, 8);
        ck_assert_uint_le(at + 16 + length, size);
        ck_assert_uint_eq(number(bytes + at + 8, 4), gra__crc32c_masked(bytes + at, 8));
        ck_assert_uint_eq(number(bytes + at + 12 + length, 4),
                          gra__crc32c_masked(bytes + at + 12, length));
        at += 16 + length;
    }
    return count;
}

GRA_TEST(each_call_is_a_record_that_is_there_at_once)
{
    gra_writer *w = new_writer();
    ck_assert_int_eq(count_records(dir), 1);
    ck_assert_int_eq(gra_writer_add_scalar(w, "loss/train", 0.5, 1), 0);
    ck_assert_int_eq(count_records(dir), 2);
    ck_assert_int_eq(gra_writer_add_scalar(w, "loss/train", NAN, 2), 0);
    ck_assert_int_eq(gra_writer_add_text(w, "note", "**hello**", 0), 0);
    ck_assert_int_eq(gra_writer_add_histogram(w, "w", gra_vector(1, 2, 3), 0), 0);
    ck_assert_int_eq(gra_writer_add_image(w, "x", gra_zeros(GRA_SHAPE(3, 4, 5)), 0), 0);
    ck_assert_int_eq(count_records(dir), 6);
    ck_assert_int_eq(gra_writer_flush(w), 0);
    ck_assert_int_eq(gra_writer_close(w), 0);
    ck_assert_int_eq(gra_writer_close(w), 0);
    gra_free(w);
    remove_dir();
}

GRA_TEST(several_curves_are_runs_below_the_folder)
{
    char part[128];
    gra_writer *w = new_writer();
    for (int step = 0; step < 3; step++)
        ck_assert_int_eq(gra_writer_add_scalars(w, "a/loss", step, {"train", 1}, {"test", 2}), 0);
    ck_assert_int_eq(count_records(dir), 1);
    snprintf(part, sizeof part, "%s/a_loss_train", dir);
    ck_assert_int_eq(count_records(part), 4);
    snprintf(part, sizeof part, "%s/a_loss_test", dir);
    ck_assert_int_eq(count_records(part), 4);
    gra_free(w);
    remove_dir();
}

GRA_TEST(two_writers_of_a_folder_have_two_files)
{
    gra_writer *w = new_writer(), *other = gra_summary_writer(dir);
    ck_assert_ptr_nonnull(other);
    gra_free(w, other);
    remove_dir();
}

GRA_TEST(folders_are_made)
{
    char nested[128], command[160];
    strcpy(dir, "/tmp/gradus-writer-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(dir));
    snprintf(nested, sizeof nested, "%s/a/b/", dir);
    gra_writer *w = gra_summary_writer(nested);
    ck_assert_ptr_nonnull(w);
    ck_assert_int_eq(count_records(nested), 1);
    gra_free(w);
    ck_assert_int_eq(chdir(dir), 0);
    w = gra_summary_writer(.log_dir = NULL);
    ck_assert_ptr_nonnull(w);
    ck_assert_int_eq(strncmp(gra_writer_log_dir(w), "runs/", 5), 0);
    ck_assert_int_eq(count_records(gra_writer_log_dir(w)), 1);
    gra_free(w);
    snprintf(command, sizeof command, "touch '%s/file'", dir);
    ck_assert_int_eq(system(command), 0);
    ck_assert_ptr_null(gra_summary_writer("file"));
    GRA_ASSERT_ERROR("gra_summary_writer: cannot make the folder file: Not a directory");
    ck_assert_ptr_null(gra_summary_writer("file/below"));
    GRA_ASSERT_ERROR("gra_summary_writer: cannot make the folder file/below: Not a directory");
    ck_assert_int_eq(chdir("/"), 0);
    remove_dir();
}

/* ---- mistakes ---- */

GRA_TEST(an_empty_or_forbidden_folder_is_an_error)
{
    ck_assert_ptr_null(gra_summary_writer(""));
    GRA_ASSERT_ERROR(
        "gra_summary_writer: the folder's name is empty; NULL stands for one below runs/");
    ck_assert_ptr_null(gra_summary_writer("/proc/none"));
    GRA_ASSERT_ERROR("gra_summary_writer: cannot make the folder /proc/none: No such file or "
                     "directory");
}

GRA_TEST(wrong_values_are_errors_and_write_nothing)
{
    gra_writer *w = new_writer();
    ck_assert_int_eq(gra_writer_add_scalar(w, NULL, 1, 0), -1);
    GRA_ASSERT_ERROR("gra_writer_add_scalar: the tag is NULL");
    ck_assert_int_eq(gra_writer_add_text(w, "a", NULL, 0), -1);
    GRA_ASSERT_ERROR("gra_writer_add_text: the text is NULL");
    ck_assert_int_eq(gra_writer_add_scalars(w, "a", 0, {"x", 1}, {NULL, 1}), -1);
    GRA_ASSERT_ERROR("gra_writer_add_scalars: value 1 of a has no name");
    ck_assert_int_eq(gra_writer_add_histogram(w, "w", gra_vector(1, INFINITY), 0), -1);
    GRA_ASSERT_ERROR("gra_writer_add_histogram: w holds inf; numbers up to 1e20 are needed");
    ck_assert_int_eq(gra_writer_add_histogram(w, "w", gra_vector(1, -1e30), 0), -1);
    GRA_ASSERT_ERROR("gra_writer_add_histogram: w holds -1e+30; numbers up to 1e20 are needed");
    ck_assert_int_eq(gra_writer_add_histogram(w, "w", gra_zeros(GRA_SHAPE(0, 3)), 0), -1);
    GRA_ASSERT_ERROR("gra_writer_add_histogram: w has no element");
    ck_assert_int_eq(gra_writer_add_image(w, "x", gra_zeros(GRA_SHAPE(5, 2, 2)), 0), -1);
    GRA_ASSERT_ERROR("gra_writer_add_image: the image is of shape [5, 2, 2]; [H, W] or [C, H, W] "
                     "with 1 to 4 channels is needed");
    ck_assert_int_eq(gra_writer_add_image(w, "x", gra_vector(1, 2), 0), -1);
    GRA_ASSERT_ERROR("gra_writer_add_image: the image is of shape [2]; [H, W] or [C, H, W] with 1 "
                     "to 4 channels is needed");
    gra_tensor *whole = gra_zeros(GRA_SHAPE(2, 2), .dtype = GRA_INT64);
    ck_assert_int_eq(gra_writer_add_image(w, "x", whole, 0), -1);
    GRA_ASSERT_ERROR("gra_writer_add_image: the image is int64; uint8 in 0 to 255 or a floating "
                     "type in 0 to 1 is needed");
    ck_assert_int_eq(gra_writer_add_image(w, "x", gra_zeros(GRA_SHAPE(0, 4)), 0), -1);
    GRA_ASSERT_ERROR("gra_writer_add_image: an image of 4 x 0 pixels cannot be written; 1 to 65536 "
                     "a side are possible");
    ck_assert_int_eq(gra_writer_add_graph(w, gra_vector(1)), -1);
    GRA_ASSERT_ERROR("gra_writer_add_graph: the tensor has no graph: it is no result of a recorded "
                     "op, or gradients were off");
    ck_assert_int_eq(count_records(dir), 1);
    gra_free(w);
    remove_dir();
}

GRA_TEST(a_closed_writer_says_so)
{
    gra_writer *w = new_writer();
    gra_writer_close(w);
    ck_assert_int_eq(gra_writer_add_scalar(w, "a", 1, 0), -1);
    GRA_ASSERT_ERROR(
        "gra_writer_add_scalar: the writer is closed; make a new one for the same folder");
    ck_assert_int_eq(gra_writer_flush(w), -1);
    GRA_ASSERT_ERROR("gra_writer_flush: the writer is closed; make a new one for the same folder");
    gra_free(w);
    remove_dir();
}

GRA_TEST(a_null_is_silent)
{
    gra_writer *w = new_writer();
    ck_assert_int_eq(gra_writer_add_scalar(NULL, "a", 1, 0), -1);
    ck_assert_int_eq(gra_writer_add_histogram(w, "a", NULL, 0), -1);
    ck_assert_int_eq(gra_writer_add_image(w, "a", NULL, 0), -1);
    ck_assert_int_eq(gra_writer_add_graph(w, NULL), -1);
    ck_assert_int_eq(gra_writer_close(NULL), -1);
    gra_free(w);
    remove_dir();
}

/* ---- graph ---- */

GRA_TEST(a_graph_has_the_modules_names)
{
    static uint8_t bytes[1 << 16];
    gra_writer *w = new_writer();
    gra_module *net = gra_sequential(gra_nn_linear(3, 4), gra_nn_relu(), gra_nn_linear(4, 2));
    gra_tensor *y = gra_sum(gra_forward(net, gra_ones(GRA_SHAPE(5, 3))));
    ck_assert_int_eq(gra_writer_add_graph(w, y, .module = net), 0);
    ck_assert_int_eq(count_records(dir), 2);
    const size_t size = read_events(dir, bytes, sizeof bytes);
    for (const char *const *name = (const char *const[]){"0/weight", "2/bias", "0/linear", "relu",
                                                         "2/linear", "constant", NULL};
         *name; name++)
        ck_assert_msg(memmem(bytes, size, *name, strlen(*name)) != NULL, "%s is missing", *name);
    gra_free(w, net);
    remove_dir();
}

GRA_TEST_MAIN("summary_writer", each_call_is_a_record_that_is_there_at_once,
              several_curves_are_runs_below_the_folder, two_writers_of_a_folder_have_two_files,
              folders_are_made, an_empty_or_forbidden_folder_is_an_error,
              wrong_values_are_errors_and_write_nothing, a_closed_writer_says_so, a_null_is_silent,
              a_graph_has_the_modules_names)
