/* test_out_of_memory.c - each allocation of some programs fails once: the program ends with one error,
 * leaves nothing behind, and the library works as before.
 *
 * The linker sends the library's calls of posix_memalign, realloc and calloc here.
 */
#include <errno.h>
#include <unistd.h>

#include "gradus.h"

#include "tests/support/test.h"

int __real_posix_memalign(void **block, size_t alignment, size_t size);
void *__real_realloc(void *block, size_t size);
void *__real_calloc(size_t count, size_t size);
int __wrap_posix_memalign(void **block, size_t alignment, size_t size);
void *__wrap_realloc(void *block, size_t size);
void *__wrap_calloc(size_t count, size_t size);

static int calls, failing,
    errors; /* atomic: so far; which one fails, 0 for none; errors recorded */

static bool fails(void)
{
    return __atomic_add_fetch(&calls, 1, __ATOMIC_RELAXED) == failing;
}

int __wrap_posix_memalign(void **block, size_t alignment, size_t size)
{
    static _Thread_local bool failed; /* then the allocator tries again, and is to fail again */
    const bool second = failed;
    failed = !second && fails();
    return second || failed ? ENOMEM : __real_posix_memalign(block, alignment, size);
}

void *__wrap_realloc(void *block, size_t size)
{
    return fails() ? NULL : __real_realloc(block, size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return fails() ? NULL : __real_calloc(count, size);
}

static void note(const char *text, void *context)
{
    (void)text, (void)context;
    __atomic_add_fetch(&errors, 1, __ATOMIC_RELAXED);
}

/* Runs a program once for each of its allocations, which fails. */
static void check(void (*program)(void))
{
    int total = 1;
    gra_on_error(note, NULL);
    for (int n = 0; n <= total; n++) {
        gra_memory_trim();
        calls = errors = 0;
        failing = n;
        program();
        total = n ? total : calls;
        const bool failed = n && calls >= n;
        failing = 0;
        ck_assert_msg(errors == failed && !gra_error() == !failed,
                      "allocation %d of %d: %d errors: %s", n, total, errors,
                      gra_error() ? gra_error() : "none");
        gra_clear_error();
        gra_release(0);
        ck_assert_msg(gra_live() == 0 && gra_memory_stats().allocated == 0,
                      "allocation %d of %d: %d objects are left", n, total, (int)gra_live());
    }
    gra_on_error(NULL, NULL);
}

static gra_module *network(void)
{
    return gra_sequential(gra_nn_conv2d(1, 2, 3), gra_nn_sigmoid(), gra_nn_avg_pool2d(2),
                          gra_nn_flatten(), gra_nn_linear(8, 3));
}

static void train(void)
{
    gra_module *net = network(), *loss = gra_nn_cross_entropy_loss();
    gra_optim *opt = gra_sgd(net, .lr = 0.1, .momentum = 0.9);
    gra_tensor *x = gra_randn(GRA_SHAPE(2, 1, 6, 6)), *t = gra_randint(0, 3, GRA_SHAPE(2));
    gra_backward(gra_loss(loss, gra_forward(net, x), t));
    gra_clip_grad_norm(net, 1);
    gra_step(opt);
    gra_module_to(net, GRA_FLOAT64);
    gra_free(opt, loss, net);
}

GRA_TEST(a_step_of_training_survives_any_failed_allocation)
{
    check(train);
}

static void train_fused(void)
{
    gra_module *net = network(), *loss = gra_nn_cross_entropy_loss();
    gra_optim *opt = gra_sgd(net, .lr = 0.1, .momentum = 0.9, .fused_backward = true);
    for (int t = 0; t < 2; t++) {
        gra_tensor *x = gra_randn(GRA_SHAPE(2, 1, 6, 6)), *target = gra_randint(0, 3, GRA_SHAPE(2));
        gra_backward(gra_loss(loss, gra_forward(net, x), target));
        gra_step(opt);
    }
    gra_free(opt, loss, net);
}

GRA_TEST(steps_inside_of_the_backward_pass_survive_any_failed_allocation)
{
    check(train_fused);
}

static void train_by_plan(void)
{
    gra_module *net = network();
    gra_optim *opt = gra_adamw(net, .amsgrad = true);
    gra_optim_group(opt, "*bias", .weight_decay = 0);
    gra_scheduler *plan = gra_sequential_lr(
        GRA_MILESTONES(1), gra_linear_lr(opt),
        gra_chained_scheduler(gra_exponential_lr(opt, 0.5), gra_one_cycle_lr(opt, 1, 9)));
    for (int t = 0; t < 2; t++) {
        gra_backward(gra_sum(gra_forward(net, gra_ones(GRA_SHAPE(2, 1, 6, 6)))));
        gra_step(opt);
        gra_scheduler_step(plan);
    }
    gra_free(plan, opt, net);
}

GRA_TEST(groups_and_plans_survive_any_failed_allocation)
{
    check(train_by_plan);
}

/* The parts of the LeNet-5 of 1998, small, and a step of its method. */
static void train_as_in_1998(void)
{
    static const unsigned char table[] = {1, 0, 1, 1};
    gra_module *net = gra_sequential(gra_nn_subsampling2d(2), gra_nn_scaled_tanh(),
                                     gra_nn_table_conv2d(2, 2, 2, .table = table), gra_nn_flatten(),
                                     gra_nn_rbf(8, 3));
    gra_module *loss = gra_nn_map_loss();
    gra_optim *opt = gra_diagonal_lm(net);
    gra_tensor *x = gra_randn(GRA_SHAPE(2, 2, 6, 6)), *t = gra_randint(0, 3, GRA_SHAPE(2));
    gra_tensor *penalty = gra_loss(loss, gra_forward(net, x), t);
    gra_diagonal_lm_estimate(opt, penalty);
    gra_diagonal_lm_estimate(opt, penalty, .gamma = 0.5);
    gra_backward(penalty);
    gra_step(opt);
    gra_free(opt, loss, net);
}

GRA_TEST(estimates_of_second_derivatives_survive_any_failed_allocation)
{
    check(train_as_in_1998);
}

static void differentiate(void)
{
    gra_tensor *x = gra_requires_grad(gra_vector(1, 2)), *w = gra_requires_grad(gra_vector(3, 4));
    gra_tensor *y = gra_mul(gra_retain_grad(gra_exp(x)), w);
    gra_tensor *z = gra_relu_(gra_mul_(gra_mul_scalar(x, 2), y)), *s = gra_sum(gra_add(y, z)),
               *d[2];
    gra_grad_many(&s, 1, (gra_tensor *[]){x, w}, 2, d, .create_graph = true);
    gra_backward(gra_sum(gra_cat((gra_tensor *[]){d[0], d[1]}, 2, 0)));
}

GRA_TEST(second_derivatives_survive_any_failed_allocation)
{
    check(differentiate);
}

static char folder[] = "/tmp/gradus-XXXXXX", path[64];

static void save_and_load(void)
{
    gra_module *net = network();
    gra_save(net, path);
    gra_load(net, path);
    gra_save_npy(gra_transpose(gra_module_parameter(net, "4.weight"), 0, 1), path);
    gra_load_npy(path);
    gra_free(net);
}

static void stop_and_go_on(void)
{
    gra_module *net = network();
    gra_optim *opt = gra_adam(net);
    gra_scheduler *plan = gra_chained_scheduler(gra_exponential_lr(opt, 0.5));
    gra_backward(gra_sum(gra_module_parameter(net, "0.weight")));
    gra_step(opt);
    gra_save_training(path, net, opt, plan);
    gra_load_training(path, net, opt, plan);
    gra_free(plan, opt, net);
}

GRA_TEST(saving_and_loading_survive_any_failed_allocation)
{
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/net.safetensors", folder);
    check(save_and_load);
    check(stop_and_go_on);
    unlink(path);
    rmdir(folder);
}

/* A PNG of one grey pixel. */
static const unsigned char pixel[] = {
    0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0x00, 0x00, 0x00, 0x0d, 0x49, 0x48,
    0x44, 0x52, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x01, 0x08, 0x00, 0x00, 0x00,
    0x00, 0x3a, 0x7e, 0x9b, 0x55, 0x00, 0x00, 0x00, 0x0a, 0x49, 0x44, 0x41, 0x54, 0x78,
    0x9c, 0x63, 0x68, 0x00, 0x00, 0x00, 0x82, 0x00, 0x81, 0x77, 0xcd, 0x72, 0xb6, 0x00,
    0x00, 0x00, 0x00, 0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82};

static void put_pixel(const char *name)
{
    char file[128];
    snprintf(file, sizeof file, "%s/%s", folder, name);
    FILE *const out = fopen(file, "wb");
    ck_assert_ptr_nonnull(out);
    ck_assert_uint_eq(fwrite(pixel, 1, sizeof pixel, out), sizeof pixel);
    ck_assert_int_eq(fclose(out), 0);
}

static void transform_images(void)
{
    gra_transform *const t = gra_compose(
        gra_transforms_resize(12), gra_transforms_random_crop(10, .padding = 1),
        gra_transforms_pad(1), gra_transforms_random_affine(10), gra_transforms_elastic(),
        gra_transforms_color_jitter(.brightness = 0.1, .hue = 0.1), gra_transforms_pca_lighting(),
        gra_transforms_grayscale(3), gra_transforms_random_erasing(.p = 1),
        gra_transforms_random_vertical_flip(.p = 1), gra_transforms_random_resized_crop(8),
        gra_transforms_ten_crop(6), gra_transforms_to_tensor(), gra_transforms_normalize({1}, {2}));
    gra_manual_seed(1);
    gra_transform_apply(t, gra_full(GRA_SHAPE(3, 16, 16), 100, .dtype = GRA_UINT8));
    gra_transform_image(t, &(gra_encoded_image){.bytes = pixel, .size = sizeof pixel});
    gra_write_image(gra_zeros(GRA_SHAPE(3, 2, 2)), path);
    gra_free(t);
}

GRA_TEST(transforms_and_written_images_survive_any_failed_allocation)
{
    snprintf(path, sizeof path, "/tmp/gradus-%d.png", (int)getpid());
    check(transform_images);
    ck_assert_int_eq(remove(path), 0);
}

static void read_images(void)
{
    gra_tensor *x, *y;
    gra_data *const data =
        gra_image_folder(path, .transform = gra_transforms_to_tensor(), .cache = true, .batch = 2);
    gra_data_next(data, &x, &y);
    gra_data *const fake = gra_fake_data(.size = 2, .image_size = GRA_SHAPE(1, 2, 2), .batch = 2);
    gra_data_next(fake, &x, &y);
    gra_free(data, fake);
}

GRA_TEST(image_folders_and_archives_survive_any_failed_allocation)
{
    char command[512];
    ck_assert_ptr_nonnull(mkdtemp(strcpy(folder, "/tmp/gradus-XXXXXX")));
    snprintf(command, sizeof command, "mkdir %s/cat %s/dog", folder, folder);
    ck_assert_int_eq(system(command), 0);
    put_pixel("cat/1.png");
    put_pixel("dog/2.png");
    snprintf(path, sizeof path, "%s", folder);
    check(read_images);
    snprintf(command, sizeof command, "cd %s && tar -cf a cat dog && tar -czf b cat dog", folder);
    ck_assert_int_eq(system(command), 0);
    for (int packed = 0; packed < 2; packed++) {
        snprintf(path, sizeof path, "%s/%c", folder, packed ? 'b' : 'a');
        check(read_images);
    }
    snprintf(command, sizeof command, "rm -r %s", folder);
    ck_assert_int_eq(system(command), 0);
}

/* An epoch of a subset in the order of a sampler, with what is drawn padded. */
static void load(int workers)
{
    const int64_t indices[] = {4, 2, 0, 1};
    const double weights[] = {1, 2, 1, 0};
    gra_tensor *x, *y;
    gra_dataset *set = gra_tensor_dataset(gra_ones(GRA_SHAPE(5, 2)), gra_zeros(GRA_SHAPE(5)));
    gra_dataset *parts[2] = {NULL};
    gra_random_split(gra_subset(set, indices, 4), ((const double[]){3, 1}), 2, parts);
    gra_dataset *const both = gra_concat_dataset(parts, 2);
    gra_data *const data =
        gra_loader(both, .workers = workers, .collate = gra_collate_pad,
                   .batch_sampler = gra_batch_sampler(
                       gra_weighted_sampler(weights, 4, 3, .replacement = false), 2));
    for (int mark = gra_mark(); gra_data_next(data, &x, &y); gra_release(mark))
        ;
    gra_free(data);
}

static void load_alone(void)
{
    load(0);
}

static void load_ahead(void)
{
    load(2);
}

GRA_TEST(a_loader_survives_any_failed_allocation)
{
    check(load_alone);
    check(load_ahead);
}

/* Seven numbers. */
static int seven_next(const gra_dataset *set, void *reader, gra_tensor **x, gra_tensor **y)
{
    (void)set;
    int64_t *const at = reader;
    if (*at == 7)
        return 0;
    *x = gra_scalar((double)(*at)++, GRA_FLOAT32);
    *y = *x;
    return *x ? 1 : -1;
}

static void read_stream(int workers)
{
    static const gra_dataset_class seven_class = {
        .name = "seven", .next = seven_next, .reader_size = sizeof(int64_t)};
    gra_tensor *x, *y;
    gra_data *const data =
        gra_loader(gra_dataset_new(&seven_class, 0), .batch = 3, .workers = workers);
    for (int mark = gra_mark(); gra_data_next(data, &x, &y); gra_release(mark))
        ;
    gra_free(data);
}

static void read_alone(void)
{
    read_stream(0);
}

static void read_ahead(void)
{
    read_stream(2);
}

GRA_TEST(a_stream_survives_any_failed_allocation)
{
    check(read_alone);
    check(read_ahead);
}

GRA_TEST_MAIN("out_of_memory", a_step_of_training_survives_any_failed_allocation,
              steps_inside_of_the_backward_pass_survive_any_failed_allocation,
              groups_and_plans_survive_any_failed_allocation,
              estimates_of_second_derivatives_survive_any_failed_allocation,
              second_derivatives_survive_any_failed_allocation,
              saving_and_loading_survive_any_failed_allocation,
              transforms_and_written_images_survive_any_failed_allocation,
              image_folders_and_archives_survive_any_failed_allocation,
              a_loader_survives_any_failed_allocation, a_stream_survives_any_failed_allocation)
