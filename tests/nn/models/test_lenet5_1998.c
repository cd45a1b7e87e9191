/* test_lenet5_1998.c - LeNet-5 as in its paper: every count of it, its table, codes, first weights, input and rates,
 * and that it learns. */
#include "gradus.h"

#include "../../support/test.h"

/* Section II.B of the paper: layer, trainable parameters, connections. */
static const struct {
    const char *name, *class_name;
    int64_t parameters, connections;
} paper[] = {
    {"c1", "Conv2d", 156, 122304},       {"s2", "Subsampling2d", 12, 5880},
    {"c3", "TableConv2d", 1516, 151600}, {"s4", "Subsampling2d", 32, 2000},
    {"c5", "Conv2d", 48120, 48120},      {"f6", "Linear", 10164, 10164},
    {"output", "Rbf", 0, 840},
};
enum { LAYERS = sizeof paper / sizeof paper[0] };

GRA_TEST(each_layer_has_the_papers_parameters_and_connections)
{
    gra_module *const net = gra_lenet5_1998();
    gra_summary_row rows[LAYERS];
    int64_t parameters = 0, connections = 0;
    ck_assert_int_eq(gra_summary_rows(net, GRA_SHAPE(1, 1, 32, 32), rows, LAYERS), LAYERS);
    for (int i = 0; i < LAYERS; i++) {
        ck_assert_str_eq(rows[i].name, paper[i].name);
        ck_assert_str_eq(rows[i].class_name, paper[i].class_name);
        ck_assert_int_eq(rows[i].parameters, paper[i].parameters);
        ck_assert_int_eq(rows[i].cost.connections, paper[i].connections);
        parameters += rows[i].parameters;
        connections += rows[i].cost.connections;
    }
    ck_assert_int_eq(parameters, 60000);
    ck_assert_int_eq(connections, 340908);
    ck_assert_int_eq(gra_module_parameter_count(net), 60000);
    gra_free(net);
}

GRA_TEST(the_summary_prints_the_counts)
{
    static const char *const wanted[] = {"156",   "122,304", "5,880",  "1,516",  "151,600",
                                         "2,000", "48,120",  "10,164", "60,000", "340,908"};
    gra_module *const net = gra_lenet5_1998();
    char text[4096] = "";
    FILE *const file = fmemopen(text, sizeof text, "w");
    ck_assert_int_eq(gra_summary(net, GRA_SHAPE(1, 1, 32, 32), file), 0);
    fclose(file);
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++)
        ck_assert_msg(strstr(text, wanted[i]) != NULL, "%s is not in\n%s", wanted[i], text);
    gra_free(net);
}

/* Table I: how many maps of S2 each map of C3 sees. */
GRA_TEST(c3_has_the_table_of_the_paper)
{
    static const int seen[16] = {3, 3, 3, 3, 3, 3, 4, 4, 4, 4, 4, 4, 4, 4, 4, 6};
    gra_module *const net = gra_lenet5_1998();
    gra_tensor *const index = gra_reshape(gra_module_buffer(net, "c3.index"), GRA_SHAPE(16, 6));
    const int64_t *const at = gra_tensor_data(index);
    int rows = 0, columns[6] = {0};
    for (int map = 0; map < 16; map++) {
        rows = 0;
        for (int i = 0; i < 6; i++) {
            rows += at[map * 6 + i] < 60;
            columns[i] += at[map * 6 + i] < 60;
        }
        ck_assert_int_eq(rows, seen[map]);
    }
    for (int i = 0; i < 6; i++) /* each is seen by ten maps */
        ck_assert_int_eq(columns[i], 10);
    gra_free(net);
}

GRA_TEST(codes_are_ten_different_drawings)
{
    gra_tensor *const codes = gra_lenet5_1998_codes();
    GRA_ASSERT_SHAPE(codes, 10, 84);
    ck_assert_double_eq(gra_item(gra_min(gra_abs(codes))), 1);
    ck_assert_double_eq(gra_item(gra_max(gra_abs(codes))), 1);
    gra_tensor *const apart = gra_rbf(codes, codes);
    const float *const d = gra_tensor_data(apart);
    for (int i = 0; i < 10; i++)
        for (int j = 0; j < 10; j++) /* 4 for each pixel in which they differ */
            ck_assert(i == j ? d[i * 10 + j] == 0 : d[i * 10 + j] >= 4 * 10);
}

/* The largest of a tensor's numbers is below a bound, and not by much. */
static void assert_bound(gra_tensor *t, double bound, const char *name)
{
    const double most = gra_item(gra_max(gra_abs(gra_detach(t))));
    ck_assert_msg(most <= bound * 1.000001 && most >= 0.5 * bound, "%s: %g is not below %g", name,
                  most, bound);
}

static void assert_first_weights(gra_module *net, double (*root)(double))
{
    static const struct {
        const char *name;
        double fan_in;
    } layers[] = {{"c1", 25}, {"s2", 4}, {"s4", 4}, {"c5", 400}, {"f6", 120}};
    char name[32];
    for (int i = 0; i < 5; i++)
        for (int k = 0; k < 2; k++) {
            snprintf(name, sizeof name, "%s.%s", layers[i].name, k ? "bias" : "weight");
            const double fan_in = layers[i].fan_in;
            assert_bound(gra_module_parameter(net, name), 2.4 / (fan_in == 4 ? 4 : root(fan_in)),
                         name);
        }
    gra_tensor *const w = gra_detach(gra_module_parameter(net, "c3.weight"));
    assert_bound(gra_narrow(w, 0, 0, 18), 2.4 / root(75), "three maps");
    assert_bound(gra_narrow(w, 0, 18, 36), 2.4 / root(100), "four maps");
    assert_bound(gra_narrow(w, 0, 54, 6), 2.4 / root(150), "six maps");
}

static double same(double x)
{
    return x;
}

GRA_TEST(first_weights_are_uniform_by_the_fan_in_or_its_root)
{
    gra_manual_seed(4);
    gra_module *const net = gra_lenet5_1998(), *const wide = gra_lenet5_1998(.root_fan_in = true);
    assert_first_weights(net, same);
    assert_first_weights(wide, sqrt);
    gra_free(net, wide);
}

GRA_TEST(input_is_framed_and_scaled)
{
    gra_tensor *const x = gra_lenet5_1998_input(gra_ones(GRA_SHAPE(2, 784)));
    GRA_ASSERT_SHAPE(x, 2, 1, 32, 32);
    ck_assert_double_eq_tol(gra_item(gra_min(x)), -0.1, 1e-6);
    ck_assert_double_eq_tol(gra_item(gra_max(x)), 1.175, 1e-6);
    ck_assert_double_eq_tol(gra_item(gra_sum(x)), 2 * (784 * 1.175 - 240 * 0.1), 0.1);
    ck_assert_ptr_null(gra_lenet5_1998_input(NULL));
}

GRA_TEST(rates_are_those_of_twenty_passes)
{
    static const double rates[20] = {5e-4, 5e-4, 2e-4, 2e-4, 2e-4, 1e-4, 1e-4, 1e-4, 5e-5, 5e-5,
                                     5e-5, 5e-5, 1e-5, 1e-5, 1e-5, 1e-5, 1e-5, 1e-5, 1e-5, 1e-5};
    for (int i = 0; i < 20; i++)
        ck_assert_double_eq(gra_lenet5_1998_rate(i + 1), rates[i]);
    ck_assert(isnan(gra_lenet5_1998_rate(0)));
    GRA_ASSERT_ERROR("gra_lenet5_1998_rate: pass 0 is out of range; they are counted from 1");
}

/* Sixty drawn digits by single samples, in a few passes. */
GRA_TEST(it_learns_digits_one_by_one)
{
    gra_manual_seed(1);
    gra_set_threads(1);
    gra_data *const digits = gra_digits(.count = 60, .batch = 60);
    gra_module *const net = gra_lenet5_1998(.root_fan_in = true), *const criterion =
                                                                      gra_nn_map_loss();
    gra_optim *const opt = gra_diagonal_lm(net, .lr = 2e-4);
    gra_tensor *x, *y;
    ck_assert(gra_data_next(digits, &x, &y));
    x = gra_lenet5_1998_input(x);
    for (int pass = 0; pass < 30; pass++) {
        const int mark = gra_mark();
        ck_assert_int_eq(gra_diagonal_lm_estimate(opt, gra_loss(criterion, gra_forward(net, x), y)),
                         0);
        for (int i = 0; i < 60; i++) {
            gra_tensor *const one = gra_forward(net, gra_narrow(x, 0, i, 1));
            gra_zero_grad(opt);
            gra_backward(gra_loss(criterion, one, gra_narrow(y, 0, i, 1)));
            ck_assert_int_eq(gra_step(opt), 0);
        }
        gra_release(mark);
    }
    const double hits = gra_item(gra_sum(gra_eq(gra_argmin(gra_forward(net, x), 1), y)));
    ck_assert_msg(hits >= 58, "%g of 60 digits are learned", hits);
    gra_free(opt, criterion, net, digits);
}

GRA_TEST_MAIN("lenet5_1998", each_layer_has_the_papers_parameters_and_connections,
              the_summary_prints_the_counts, c3_has_the_table_of_the_paper,
              codes_are_ten_different_drawings, first_weights_are_uniform_by_the_fan_in_or_its_root,
              input_is_framed_and_scaled, rates_are_those_of_twenty_passes,
              it_learns_digits_one_by_one)
