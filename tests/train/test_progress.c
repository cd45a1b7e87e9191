/* test_progress.c - what a bar says (as tqdm 4.70 says it), and when and where it is drawn. */
#include "gradus.h"

#include "train/progress_text.h"
#include "train/terminal.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "../support/test.h"

static void assert_line(gra__progress_text t, int width, bool ascii, const char *expected)
{
    char line[512];
    t.description = t.description ? t.description : "";
    t.unit = t.unit ? t.unit : "it";
    t.metrics = t.metrics ? t.metrics : "";
    gra__progress_line(line, sizeof line, &t, width, ascii);
    ck_assert_str_eq(line, expected);
}

/* The expected lines are those of tqdm.format_meter for the same numbers. */
GRA_TEST(the_line_is_tqdms)
{
    const gra__progress_text t = {.description = "epoch 1",
                                  .metrics = ", loss=0.3412",
                                  .done = 27008,
                                  .total = 60000,
                                  .seconds = 5.27,
                                  .rate = 5123.45};
    assert_line(t, 79, false,
                "epoch 1:  45%|█████▍      | 27008/60000 [00:05<00:06, 5123.45it/s, loss=0.3412]");
    assert_line(t, 79, true,
                "epoch 1:  45%|#####4      | 27008/60000 [00:05<00:06, 5123.45it/s, loss=0.3412]");
    assert_line((gra__progress_text){.total = 100}, 60, false,
                "  0%|                               | 0/100 [00:00<?, ?it/s]");
    assert_line(
        (gra__progress_text){.done = 100, .total = 100, .seconds = 3725, .rate = 100 / 3725.0}, 60,
        false, "100%|███████████████████| 100/100 [1:02:05<00:00, 37.25s/it]");
    assert_line(
        (gra__progress_text){.done = 3, .total = 7, .seconds = 10, .rate = 0.3, .unit = "img"}, 60,
        false, " 43%|██████████▎             | 3/7 [00:10<00:13,  3.33s/img]");
}

GRA_TEST(without_a_total_the_line_has_no_bar)
{
    assert_line(
        (gra__progress_text){
            .description = "x", .done = 42, .seconds = 61, .rate = 42 / 61.0, .unit = "img"},
        60, false, "x: 42img [01:01,  1.45s/img]");
    assert_line((gra__progress_text){.done = 9, .total = 8, .seconds = 1, .rate = 9}, 60, false,
                "9it [00:01,  9.00it/s]");
}

GRA_TEST(a_narrow_terminal_gets_the_numbers_without_the_bar)
{
    const gra__progress_text t = {.done = 1, .total = 3, .seconds = 5, .rate = 2};
    assert_line(t, 40, true, " 33%|#6   | 1/3 [00:05<00:01,  2.00it/s]");
    assert_line(t, 36, true, " 33% 1/3 [00:05<00:01,  2.00it/s]");
    assert_line(t, 20, true, " 33% 1/3 [00:05<00:0");
}

GRA_TEST(line_ends_and_escapes_in_names_become_blanks)
{
    assert_line((gra__progress_text){.description = "a\nb\033[1m", .done = 1}, 0, true,
                "a b [1m: 1it [00:00, ?it/s]");
}

GRA_TEST(wide_and_combining_characters_are_counted_in_columns)
{
    ck_assert_int_eq(gra__text_width("loss"), 4);
    ck_assert_int_eq(gra__text_width("進捗"), 4);
    ck_assert_int_eq(gra__text_width("e\u0301"), 1);
    ck_assert_int_eq(gra__text_width("\xff\xc3"), 2);
    char text[] = "進捗 é";
    gra__text_cut(text, 5);
    ck_assert_str_eq(text, "進捗 ");
    gra__text_cut(text, 3);
    ck_assert_str_eq(text, "進");
}

static void set_locale(const char *all, const char *ctype, const char *lang)
{
    setenv("LC_ALL", all, 1);
    setenv("LC_CTYPE", ctype, 1);
    setenv("LANG", lang, 1);
}

GRA_TEST(the_first_of_the_three_variables_says_the_locale)
{
    set_locale("", "", "en_US.UTF-8");
    ck_assert(gra__locale_is_utf8());
    set_locale("C", "", "en_US.UTF-8");
    ck_assert(!gra__locale_is_utf8());
    set_locale("", "C.utf8", "C");
    ck_assert(gra__locale_is_utf8());
    set_locale("", "", "de_DE.ISO-8859-1");
    ck_assert(!gra__locale_is_utf8());
    set_locale("", "", "");
    ck_assert(!gra__locale_is_utf8());
    unsetenv("LC_ALL");
    unsetenv("LC_CTYPE");
    unsetenv("LANG");
}

/* ---- drawing ---- */

typedef struct capture {
    FILE *file;
    char *text;
    size_t size;
} capture;

static void capture_begin(capture *c)
{
    *c = (capture){0};
    c->file = open_memstream(&c->text, &c->size);
    ck_assert_ptr_nonnull(c->file);
}

static void capture_end(capture *c)
{
    fclose(c->file);
    free(c->text);
}

static int count_of(const char *text, char c)
{
    int count = 0;
    for (; *text; text++)
        count += *text == c;
    return count;
}

GRA_TEST(a_file_gets_one_plain_line_at_the_end)
{
    capture c;
    capture_begin(&c);
    gra_progress *bar = gra_progress_new(.total = 1000, .description = "epoch 1", .file = c.file);
    for (int i = 0; i < 1000; i++) {
        gra_progress_set(bar, "loss", 0.25);
        gra_progress_update(bar, 1);
    }
    ck_assert_uint_eq(c.size, 0);
    gra_progress_close(bar);
    gra_progress_close(bar);
    ck_assert_ptr_nonnull(strstr(c.text, "epoch 1: 100% 1000/1000 [00:00<00:00, "));
    ck_assert_ptr_nonnull(strstr(c.text, "it/s, loss=0.25]\n"));
    ck_assert_int_eq(count_of(c.text, '\n'), 1);
    ck_assert_int_eq(count_of(c.text, '\r') + count_of(c.text, '\033') + count_of(c.text, '|'), 0);
    gra_free(bar);
    ck_assert_int_eq(count_of(c.text, '\n'), 1);
    capture_end(&c);
}

GRA_TEST(a_long_loop_writes_a_line_each_interval)
{
    capture c;
    capture_begin(&c);
    gra_progress *bar = gra_progress_new(.total = 3, .file = c.file, .line_interval = 0.02);
    for (int i = 0; i < 3; i++) {
        usleep(25000);
        gra_progress_update(bar, 1);
    }
    gra_free(bar);
    ck_assert_int_eq(count_of(c.text, '\n'), 4);
    ck_assert_ptr_nonnull(strstr(c.text, " 33% 1/3 ["));
    ck_assert_ptr_nonnull(strstr(c.text, "100% 3/3 ["));
    capture_end(&c);
}

GRA_TEST(a_bar_is_drawn_at_most_once_an_interval)
{
    capture c;
    capture_begin(&c);
    gra_progress *bar =
        gra_progress_new(.total = 100000, .file = c.file, .width = 60, .ascii = true,
                         .style = GRA_PROGRESS_BAR, .interval = 1000);
    for (int i = 0; i < 100000; i++)
        gra_progress_update(bar, 1);
    gra_free(bar);
    ck_assert_int_eq(count_of(c.text, '\r'), 2); /* at the beginning and the end */
    ck_assert_ptr_nonnull(strstr(c.text, "100%|####"));
    ck_assert_str_eq(c.text + c.size - 4, "\033[K\n");
    capture_end(&c);
}

GRA_TEST(an_interval_of_0_draws_each_update_and_clear_removes_the_bar)
{
    capture c;
    capture_begin(&c);
    gra_progress *bar = gra_progress_new(.total = 5, .file = c.file, .width = 60, .interval = 0,
                                         .style = GRA_PROGRESS_BAR, .clear = true);
    for (int i = 0; i < 5; i++)
        gra_progress_update(bar, 1);
    gra_free(bar);
    ck_assert_int_eq(count_of(c.text, '\r'), 7);
    ck_assert_str_eq(c.text + c.size - 4, "\r\033[K");
    capture_end(&c);
}

GRA_TEST(a_line_is_printed_above_the_bar)
{
    capture c;
    capture_begin(&c);
    gra_progress *bar =
        gra_progress_new(.total = 5, .file = c.file, .width = 60, .style = GRA_PROGRESS_BAR);
    gra_progress_print(bar, "saved %s", "net");
    ck_assert_ptr_nonnull(strstr(c.text, "\r\033[Ksaved net\n\r  0%|"));
    gra_free(bar);
    capture_end(&c);
}

GRA_TEST(what_is_off_writes_nothing_and_counts)
{
    capture c;
    capture_begin(&c);
    gra_progress *bar = gra_progress_new(.file = c.file, .style = GRA_PROGRESS_OFF);
    gra_progress_update(bar, 3);
    usleep(1000);
    gra_progress_close(bar);
    ck_assert_int_eq(gra_progress_done(bar), 3);
    ck_assert_double_gt(gra_progress_seconds(bar), 0.0009);
    ck_assert_double_eq_tol(gra_progress_rate(bar), 3 / gra_progress_seconds(bar), 1e-9);
    fflush(c.file);
    ck_assert_uint_eq(c.size, 0);
    gra_free(bar);
    capture_end(&c);
}

/* A new pseudo-terminal of so many columns: the program's end as a stream, the other end returned. */
static int open_terminal(FILE **file, int columns)
{
    const int other = posix_openpt(O_RDWR | O_NOCTTY);
    ck_assert_int_ge(other, 0);
    ck_assert_int_eq(grantpt(other) | unlockpt(other), 0);
    const int own = open(ptsname(other), O_RDWR | O_NOCTTY); /* else its end would end the test */
    ck_assert_int_ge(own, 0);
    *file = fdopen(own, "r+");
    ck_assert_ptr_nonnull(*file);
    const struct winsize size = {.ws_col = (unsigned short)columns, .ws_row = 24};
    ck_assert_int_eq(ioctl(other, TIOCSWINSZ, &size), 0);
    return other;
}

static int read_columns(int other)
{
    char text[1024];
    const ssize_t got = read(other, text, sizeof text - 1);
    ck_assert_int_gt(got, 0);
    text[got] = 0;
    char *const begin = strrchr(text, '\r');
    char *const end = strstr(text, "\033[K");
    ck_assert(begin && end);
    *end = 0;
    return gra__text_width(begin + 1);
}

GRA_TEST(on_a_terminal_the_bar_follows_its_width)
{
    FILE *file;
    setenv("TERM", "xterm", 1);
    const int other = open_terminal(&file, 100);
    gra_progress *bar = gra_progress_new(.total = 10, .file = file, .interval = 0);
    ck_assert_int_eq(read_columns(other), 99);
    const struct winsize size = {.ws_col = 70, .ws_row = 24};
    ck_assert_int_eq(ioctl(other, TIOCSWINSZ, &size), 0);
    gra_progress_update(bar, 1);
    ck_assert_int_eq(read_columns(other), 69);
    gra_free(bar);
    setenv("TERM", "dumb", 1);
    ck_assert(!gra__is_terminal(file));
    unsetenv("TERM");
    fclose(file);
    close(other);
}

GRA_TEST(without_a_terminal_columns_says_the_width)
{
    FILE *const file = tmpfile();
    setenv("COLUMNS", "123", 1);
    ck_assert_int_eq(gra__terminal_width(file), 123);
    setenv("COLUMNS", "many", 1);
    ck_assert_int_eq(gra__terminal_width(file), 80);
    unsetenv("COLUMNS");
    ck_assert_int_eq(gra__terminal_width(file), 80);
    ck_assert(!gra__is_terminal(file));
    fclose(file);
}

GRA_TEST(a_full_disk_does_not_end_the_run)
{
    FILE *const full = fopen("/dev/full", "w");
    if (!full)
        GRA_SKIP("there is no /dev/full");
    gra_progress *bar = gra_progress_new(.total = 2, .file = full, .line_interval = 0);
    gra_progress_update(bar, 2);
    gra_free(bar);
    GRA_ASSERT_NO_ERROR();
    fclose(full);
}

/* ---- over a loader ---- */

GRA_TEST(a_bar_over_a_loader_counts_examples)
{
    capture c;
    capture_begin(&c);
    gra_data *data = gra_digits(.batch = 4, .count = 10);
    gra_progress *bar = gra_progress_over(data, .file = c.file, .description = "digits");
    gra_tensor *x, *y;
    int64_t batches = 0;
    for (int mark = gra_mark(); gra_progress_next(bar, &x, &y); gra_release(mark)) {
        ck_assert_int_eq(gra_progress_done(bar), 4 * batches);
        ck_assert_int_eq(gra_tensor_size(x, 0), batches < 2 ? 4 : 2);
        batches++;
    }
    ck_assert_int_eq(batches, 3);
    ck_assert_int_eq(gra_progress_done(bar), 10);
    ck_assert_double_gt(gra_progress_waited(bar), 0);
    ck_assert_double_le(gra_progress_waited(bar), gra_progress_seconds(bar));
    ck_assert_ptr_nonnull(strstr(c.text, "digits: 100% 10/10 ["));
    ck_assert_ptr_nonnull(strstr(c.text, "ex/s]\n"));
    gra_free(bar, data);
    capture_end(&c);
}

GRA_TEST(a_total_below_the_loaders_ends_there)
{
    gra_data *data = gra_digits(.batch = 4, .count = 100);
    gra_progress *bar = gra_progress_over(data, .total = 8, .style = GRA_PROGRESS_OFF);
    gra_tensor *x, *y;
    int batches = 0;
    for (int mark = gra_mark(); gra_progress_next(bar, &x, &y); gra_release(mark))
        batches++;
    ck_assert_int_eq(batches, 2);
    gra_free(bar, data);
}

/* Ten examples are three batches, of which .drop_last leaves two. */
GRA_TEST(each_epoch_has_all_of_the_loaders_batches)
{
    for (int drop = 0; drop < 2; drop++) {
        capture c;
        capture_begin(&c);
        gra_data *data = gra_digits(.batch = 4, .count = 10, .drop_last = drop);
        for (int epoch = 0; epoch < 3; epoch++) {
            gra_progress *bar =
                gra_progress_over(data, .file = c.file, .total = epoch < 2 ? 0 : 99);
            gra_tensor *x, *y;
            int batches = 0;
            for (int mark = gra_mark(); gra_progress_next(bar, &x, &y); gra_release(mark))
                batches++;
            ck_assert_int_eq(batches, drop ? 2 : 3);
            gra_free(bar);
        }
        ck_assert_ptr_nonnull(strstr(c.text, drop ? "100% 8/8 [" : "100% 10/10 ["));
        ck_assert_ptr_null(strstr(c.text, drop ? "/10 [" : "/8 ["));
        gra_free(data);
        capture_end(&c);
    }
}

GRA_TEST(a_loop_over_a_loader_ends_with_an_error)
{
    gra_data *data = gra_digits(.batch = 4, .count = 100);
    gra_progress *bar = gra_progress_over(data, .style = GRA_PROGRESS_OFF);
    gra_tensor *x, *y;
    ck_assert(gra_progress_next(bar, &x, &y));
    gra_fail("something went wrong");
    ck_assert(!gra_progress_next(bar, &x, &y));
    ck_assert_ptr_null(x);
    GRA_ASSERT_ERROR("something went wrong");
    gra_free(bar, data);
}

/* ---- mistakes ---- */

GRA_TEST(wrong_options_are_errors)
{
    ck_assert_ptr_null(gra_progress_new(.total = -1));
    GRA_ASSERT_ERROR("gra_progress: total -1 is negative; 0 is a total that is not known");
    ck_assert_ptr_null(gra_progress_new(.style = (gra_progress_style)9));
    GRA_ASSERT_ERROR("gra_progress: style 9 is unknown; see gra_progress_style");
    ck_assert_ptr_null(gra_progress_new(.interval = -1));
    GRA_ASSERT_ERROR("gra_progress: interval -1 is out of range; seconds from 0 are needed");
    ck_assert_ptr_null(gra_progress_new(.line_interval = -2));
    GRA_ASSERT_ERROR("gra_progress: line_interval -2 is out of range; seconds from 0 are needed");
    ck_assert_ptr_null(gra_progress_new(.smoothing = 2));
    GRA_ASSERT_ERROR("gra_progress: smoothing 2 is out of range; 0 to 1 is needed");
    ck_assert_ptr_null(gra_progress_new(.width = -1));
    GRA_ASSERT_ERROR("gra_progress: width -1 is negative; 0 is the terminal's");
    ck_assert_ptr_null(gra_progress_over(NULL));
    GRA_ASSERT_ERROR("gra_progress_over: the loader is NULL");
}

GRA_TEST(wrong_calls_are_errors)
{
    gra_tensor *x, *y;
    gra_progress *bar = gra_progress_new(.total = 3, .style = GRA_PROGRESS_OFF);
    gra_progress_update(bar, -1);
    GRA_ASSERT_ERROR("gra_progress_update: -1 items are less than none");
    gra_progress_set(bar, NULL, 1);
    GRA_ASSERT_ERROR("gra_progress_set: the name is NULL");
    ck_assert(!gra_progress_next(bar, &x, &y));
    GRA_ASSERT_ERROR(
        "gra_progress_next: the bar is over no loader; make it with gra_progress_over");
    gra_progress_close(bar);
    gra_progress_update(bar, 1);
    GRA_ASSERT_ERROR("gra_progress_update: the bar is closed; make a new one for the next loop");
    gra_progress_set(bar, "loss", 1);
    GRA_ASSERT_ERROR("gra_progress_set: the bar is closed; make a new one for the next loop");
    ck_assert_int_eq(gra_progress_done(bar), 0);
    gra_free(bar);
}

GRA_TEST(a_null_bar_does_nothing)
{
    gra_tensor *x, *y;
    gra_progress_update(NULL, 1);
    gra_progress_set(NULL, "loss", 1);
    gra_progress_print(NULL, "x");
    gra_progress_close(NULL);
    ck_assert(!gra_progress_next(NULL, &x, &y));
    ck_assert_double_eq(gra_progress_rate(NULL) + gra_progress_waited(NULL), 0);
}

GRA_TEST_MAIN("progress", the_line_is_tqdms, without_a_total_the_line_has_no_bar,
              a_narrow_terminal_gets_the_numbers_without_the_bar,
              line_ends_and_escapes_in_names_become_blanks,
              wide_and_combining_characters_are_counted_in_columns,
              the_first_of_the_three_variables_says_the_locale,
              a_file_gets_one_plain_line_at_the_end, a_long_loop_writes_a_line_each_interval,
              a_bar_is_drawn_at_most_once_an_interval,
              an_interval_of_0_draws_each_update_and_clear_removes_the_bar,
              a_line_is_printed_above_the_bar, what_is_off_writes_nothing_and_counts,
              on_a_terminal_the_bar_follows_its_width, without_a_terminal_columns_says_the_width,
              a_full_disk_does_not_end_the_run, a_bar_over_a_loader_counts_examples,
              a_total_below_the_loaders_ends_there, each_epoch_has_all_of_the_loaders_batches,
              a_loop_over_a_loader_ends_with_an_error, wrong_options_are_errors,
              wrong_calls_are_errors, a_null_bar_does_nothing)
