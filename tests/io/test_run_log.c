/* test_run_log.c - logs as bytes, and as Python's csv and json read them. */
#include "gradus.h"

#include <unistd.h>

#include "../support/test.h"

static char path[96];

static const char *new_path(const char *suffix)
{
    snprintf(path, sizeof path, "/tmp/gradus-log-%d%s", (int)getpid(), suffix);
    unlink(path);
    return path;
}

static void assert_file(const char *expected)
{
    char text[4096];
    FILE *const file = fopen(path, "rb");
    ck_assert_ptr_nonnull(file);
    text[fread(text, 1, sizeof text - 1, file)] = 0;
    fclose(file);
    ck_assert_str_eq(text, expected);
}

static void write_file(const char *text)
{
    FILE *const file = fopen(path, "wb");
    fputs(text, file);
    fclose(file);
}

GRA_TEST(csv_has_a_header_and_a_row_each)
{
    gra_run_log *log = gra_log_open(new_path(".csv"));
    ck_assert_int_eq(gra_log_text(log, "note", "a, \"b\"\nc"), 0);
    ck_assert_int_eq(gra_log_row(log, {"epoch", 1}, {"loss", 0.1}), 0);
    assert_file("epoch,loss,note\n1,0.1,\"a, \"\"b\"\"\nc\"\n");
    ck_assert_int_eq(gra_log_row(log, {"loss", NAN}, {"epoch", 2}), 0);
    ck_assert_int_eq(gra_log_row(log, {"loss", -INFINITY}, {"note", INFINITY}), 0);
    assert_file("epoch,loss,note\n1,0.1,\"a, \"\"b\"\"\nc\"\n2,nan,\n,-inf,inf\n");
    ck_assert_int_eq(gra_log_close(log), 0);
    ck_assert_int_eq(gra_log_close(log), 0);
    gra_free(log);
    unlink(path);
}

GRA_TEST(jsonl_has_an_object_a_line)
{
    gra_run_log *log = gra_log_open(new_path(".jsonl"));
    gra_log_text(log, "note", "a \"b\"\n\\ \xff é");
    gra_log_row(log, {"epoch", 1}, {"loss", NAN});
    gra_log_row(log, {"lr", 1e-300});
    assert_file(
        "{\"epoch\": 1, \"loss\": null, \"note\": \"a \\u0022b\\u0022\\u000a\\u005c \\ufffd "
        "é\"}\n{\"lr\": 1e-300}\n");
    gra_free(log);
    unlink(path);
}

GRA_TEST(numbers_are_read_as_the_same_ones)
{
    const double values[] = {0.1, 1.0 / 3, 1e300 / 3, 5e-324, 123456789012345678.0, -0.0};
    gra_run_log *log = gra_log_open(new_path(".csv"));
    for (int i = 0; i < 6; i++)
        gra_log_row(log, {"x", values[i]});
    gra_free(log);
    FILE *const file = fopen(path, "r");
    char line[64];
    ck_assert_ptr_nonnull(fgets(line, sizeof line, file));
    for (int i = 0; i < 6; i++) {
        ck_assert_ptr_nonnull(fgets(line, sizeof line, file));
        ck_assert(strtod(line, NULL) == values[i]);
        ck_assert_uint_le(strlen(line), 24);
    }
    fclose(file);
    unlink(path);
}

GRA_TEST(a_resumed_run_goes_on_in_the_same_table)
{
    new_path(".csv");
    for (int run = 0; run < 3; run++) {
        gra_run_log *log = gra_log_open(path);
        ck_assert_int_eq(gra_log_row(log, {"a \"b\", c", run}, {"loss", run + 0.5}), 0);
        gra_free(log);
    }
    assert_file("\"a \"\"b\"\", c\",loss\n0,0.5\n1,1.5\n2,2.5\n");
    gra_run_log *log = gra_log_open(path);
    ck_assert_int_eq(gra_log_row(log, {"loss", 9}), 0);
    ck_assert_int_eq(gra_log_row(log, {"lr", 1}), -1);
    char expected[256];
    snprintf(
        expected, sizeof expected,
        "gra_log_row: %s has no column lr; its columns are those of its first row, and a .jsonl "
        "file has none",
        path);
    GRA_ASSERT_ERROR(expected);
    gra_free(log);
    unlink(path);
}

GRA_TEST(a_last_line_without_an_end_gets_one)
{
    new_path(".csv");
    write_file("epoch,loss\r\n1,2");
    gra_run_log *log = gra_log_open(path);
    gra_log_row(log, {"epoch", 2}, {"loss", 3});
    gra_free(log);
    assert_file("epoch,loss\r\n1,2\n2,3\n");
    new_path(".jsonl");
    write_file("{}");
    log = gra_log_open(path);
    gra_log_row(log, {"a", 2});
    gra_log_row(log, {"a", 3});
    gra_free(log);
    assert_file("{}\n{\"a\": 2}\n{\"a\": 3}\n");
    unlink(path);
}

/* What Python's own modules read is what was written. */
GRA_TEST(python_reads_both)
{
    static const char script[] =
        "import csv, json, math, sys\n"
        "rows = list(csv.DictReader(open(sys.argv[1] + '.csv', newline='')))\n"
        "lines = [json.loads(line) for line in open(sys.argv[1] + '.jsonl', encoding='utf-8')]\n"
        "text = 'quote \\\" comma, line\\nend \\\\ tab\\t'\n"
        "assert [r['a,b'] for r in rows] == [text, text], rows\n"
        "assert [l['a,b'] for l in lines] == [text, text], lines\n"
        "assert float(rows[0]['x']) == 1 / 3 and math.isnan(float(rows[1]['x'])), rows\n"
        "assert lines[0]['x'] == 1 / 3 and lines[1]['x'] is None, lines\n"
        "assert list(rows[0]) == list(lines[0]) == ['x', 'a,b']\n";
    char name[64], command[1600];
    if (system("python3 -c pass") != 0)
        GRA_SKIP("there is no python3");
    for (int json = 0; json < 2; json++) {
        gra_run_log *log = gra_log_open(new_path(json ? ".jsonl" : ".csv"));
        for (int i = 0; i < 2; i++) {
            gra_log_text(log, "a,b", "quote \" comma, line\nend \\ tab\t");
            gra_log_row(log, {"x", i ? NAN : 1.0 / 3});
        }
        gra_free(log);
    }
    snprintf(name, sizeof name, "/tmp/gradus-log-%d", (int)getpid());
    setenv("SCRIPT", script, 1);
    snprintf(command, sizeof command, "python3 -c \"$SCRIPT\" %s", name);
    ck_assert_int_eq(system(command), 0);
    unsetenv("SCRIPT");
    unlink(path);
    new_path(".csv");
}

GRA_TEST(wrong_files_are_errors)
{
    ck_assert_ptr_null(gra_log_open(NULL));
    GRA_ASSERT_ERROR("gra_log_open: the path is NULL");
    ck_assert_ptr_null(gra_log_open("run.txt"));
    GRA_ASSERT_ERROR(
        "gra_log_open: the name run.txt says no format; it is to end in .csv or .jsonl");
    ck_assert_ptr_null(gra_log_open("csv"));
    GRA_ASSERT_ERROR("gra_log_open: the name csv says no format; it is to end in .csv or .jsonl");
    ck_assert_ptr_null(gra_log_open("/no/such/folder/run.csv"));
    GRA_ASSERT_ERROR(
        "gra_log_open: cannot write /no/such/folder/run.csv: No such file or directory");
    new_path(".csv");
    write_file("\"epoch,loss\n1,2\n");
    char expected[256];
    snprintf(
        expected, sizeof expected,
        "gra_log_open: %s holds no CSV header: its first line has no end; give the log a new file",
        path);
    ck_assert_ptr_null(gra_log_open(path));
    GRA_ASSERT_ERROR(expected);
    unlink(path);
}

GRA_TEST(wrong_rows_are_errors_and_leave_the_file_alone)
{
    char expected[256];
    gra_run_log *log = gra_log_open(new_path(".jsonl"));
    ck_assert_int_eq(gra_log_row(log, {"a", 1}, {NULL, 2}), -1);
    GRA_ASSERT_ERROR("gra_log_row: value 1 of the row has no name");
    ck_assert_int_eq(gra_log_row(log, {"a", 1}, {"b", 2}, {"a", 3}), -1);
    GRA_ASSERT_ERROR("gra_log_row: the row has two values with the name a");
    ck_assert_int_eq(gra_log_row_of(log, NULL, 0), -1);
    snprintf(expected, sizeof expected, "gra_log_row: a row for %s has no values", path);
    GRA_ASSERT_ERROR(expected);
    assert_file("");
    ck_assert_int_eq(gra_log_text(log, "a", NULL), -1);
    GRA_ASSERT_ERROR("gra_log_text: the text is NULL");
    ck_assert_int_eq(gra_log_text(log, NULL, "a"), -1);
    GRA_ASSERT_ERROR("gra_log_text: the name is NULL");
    gra_log_text(log, "a", "text");
    ck_assert_int_eq(gra_log_row(log, {"a", 1}), -1);
    GRA_ASSERT_ERROR("gra_log_row: the row has two values with the name a");
    gra_log_close(log);
    ck_assert_int_eq(gra_log_row(log, {"a", 1}), -1);
    GRA_ASSERT_ERROR("gra_log_row: the log is closed; open it again to go on");
    ck_assert_int_eq(gra_log_row(NULL, {"a", 1}), -1);
    gra_free(log);
    unlink(path);
}

GRA_TEST(a_full_disk_is_an_error)
{
    char expected[256];
    new_path(".csv");
    if (access("/dev/full", W_OK) != 0 || symlink("/dev/full", path) != 0)
        GRA_SKIP("there is no /dev/full");
    gra_run_log *log = gra_log_open(path);
    snprintf(expected, sizeof expected, "gra_log_row: cannot write %s: No space left on device",
             path);
    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq(gra_log_row(log, {"a", 1}), -1);
        GRA_ASSERT_ERROR(expected);
    }
    gra_free(log);
    unlink(path);
}

GRA_TEST_MAIN("run_log", csv_has_a_header_and_a_row_each, jsonl_has_an_object_a_line,
              numbers_are_read_as_the_same_ones, a_resumed_run_goes_on_in_the_same_table,
              a_last_line_without_an_end_gets_one, python_reads_both, wrong_files_are_errors,
              wrong_rows_are_errors_and_leave_the_file_alone, a_full_disk_is_an_error)
