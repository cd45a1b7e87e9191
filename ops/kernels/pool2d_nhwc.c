#include "ops/kernels/pool2d_nhwc.h"

#include "core/threads.h"
#include "ops/kernels/isa.h"
#include "ops/kernels/parallel.h"

/* One row of a result for each item. */
typedef struct job {
    const gra__pool2d_shape *d;
    int64_t channels, images, rows; // rows of the result in an image
    const gra__pool2d_average *average;
    const gra__pool2d_nhwc_table *table;
    const float *in;
    float *out;
    uint8_t *winners; // of all outputs
} job;

static job job_of(const gra__pool2d_shape *d, int64_t channels, int64_t rows, const float *in,
                  float *out)
{
    return (job){
        .d = d,
        .channels = channels,
        .images = channels ? d->planes / channels : 0,
        .rows = rows,
        .table = gra__kernels_get()->pool2d_nhwc,
        .in = in,
        .out = out,
    };
}

/* At least 64 thousand numbers for each thread. */
static int thread_count(const job *j)
{
    const gra__pool2d_shape *const d = j->d;
    const int64_t in = d->h * d->w, out = d->out_h * d->out_w;
    const int64_t work = d->planes * (in > out ? in : out) / (64 * 1024);
    const int64_t items = j->images * j->rows, most = work < items ? work : items;
    return (int)(most < gra__threads() ? most : gra__threads());
}

/* Where image and row of the item begin: floats of an input image, and of an output image. */
static int64_t in_image(const job *j)
{
    return j->d->h * j->d->w * j->channels;
}

static int64_t out_image(const job *j)
{
    return j->d->out_h * j->d->out_w * j->channels;
}

static void forward_row(const job *j, int64_t item)
{
    const int64_t image = item / j->rows, row = item % j->rows;
    const int64_t at = image * out_image(j) + row * j->d->out_w * j->channels;
    const float *const x = j->in + image * in_image(j);
    if (j->average)
        j->table->average(j->d, j->channels, j->average, row, x, j->out + at);
    else
        j->table->max(j->d, j->channels, row, x, j->out + at, j->winners + at);
}

static void backward_row(const job *j, int64_t item)
{
    const int64_t image = item / j->rows, row = item % j->rows;
    float *const dx = j->out + image * in_image(j) + row * j->d->w * j->channels;
    const int64_t at = image * out_image(j);
    if (j->average)
        j->table->average_backward(j->d, j->channels, j->average, row, j->in + at, dx);
    else
        j->table->max_backward(j->d, j->channels, row, j->in + at, j->winners + at, dx);
}

void gra__avg_pool2d_nhwc_forward_f32(const gra__pool2d_shape *d, int64_t channels,
                                      const gra__pool2d_average *average, const float *x, float *y)
{
    job j = job_of(d, channels, d->out_h, x, y);
    j.average = average;
    EACH_ITEM(thread_count(&j), j.images * j.rows, forward_row(&j, item));
}

void gra__avg_pool2d_nhwc_backward_f32(const gra__pool2d_shape *d, int64_t channels,
                                       const gra__pool2d_average *average, const float *g,
                                       float *dx)
{
    job j = job_of(d, channels, d->h, g, dx);
    j.average = average;
    EACH_ITEM(thread_count(&j), j.images * j.rows, backward_row(&j, item));
}

bool gra__max_pool2d_nhwc_fits(const gra__pool2d_shape *d)
{
    return d->kernel_h <= 256 && d->kernel_w <= 256 && d->kernel_h * d->kernel_w <= 256;
}

void gra__max_pool2d_nhwc_forward_f32(const gra__pool2d_shape *d, int64_t channels, const float *x,
                                      float *y, uint8_t *winners)
{
    job j = job_of(d, channels, d->out_h, x, y);
    j.winners = winners;
    EACH_ITEM(thread_count(&j), j.images * j.rows, forward_row(&j, item));
}

void gra__max_pool2d_nhwc_backward_f32(const gra__pool2d_shape *d, int64_t channels, const float *g,
                                       const uint8_t *winners, float *dx)
{
    job j = job_of(d, channels, d->h, g, dx);
    j.winners = (uint8_t *)winners;
    EACH_ITEM(thread_count(&j), j.images * j.rows, backward_row(&j, item));
}

/* The places of one row of the result: that of each window's first position, and how far the winner lies behind. */
static void places_row(const job *j, const int64_t *behind, int64_t *indices, int64_t item)
{
    const gra__pool2d_shape *const d = j->d;
    const uint8_t *winner = j->winners + item * d->out_w * j->channels;
    int64_t *to = indices + item * d->out_w * j->channels;
    for (int64_t q = 0; q < d->out_w; q++, winner += j->channels, to += j->channels) {
        const int64_t first =
            (item % d->out_h * d->stride_h - d->pad_h) * d->w + q * d->stride_w - d->pad_w;
        for (int64_t c = 0; c < j->channels; c++)
            to[c] = first + behind[winner[c]];
    }
}

void gra__max_pool2d_nhwc_indices(const gra__pool2d_shape *d, int64_t channels,
                                  const uint8_t *winners, int64_t *indices)
{
    job j = job_of(d, channels, d->out_h, NULL, NULL);
    int64_t behind[256] = {0};
    j.winners = (uint8_t *)winners;
    for (int64_t i = 0; i < d->kernel_h * d->kernel_w; i++)
        behind[i] = i / d->kernel_w * d->dilation_h * d->w + i % d->kernel_w * d->dilation_w;
    EACH_ITEM(thread_count(&j), j.images * j.rows, places_row(&j, behind, indices, item));
}

enum { RECTIFIED_AT_ONCE = 1 << 16 };

static void rectify_piece(int64_t outputs, const float *y, uint8_t *winners, int64_t item)
{
    const int64_t first = item * RECTIFIED_AT_ONCE, left = outputs - first;
    for (int64_t i = first; i < first + (left < RECTIFIED_AT_ONCE ? left : RECTIFIED_AT_ONCE); i++)
        winners[i] = y[i] <= 0 ? GRA_NO_WINNER : winners[i];
}

void gra__max_pool2d_nhwc_rectify(int64_t outputs, const float *y, uint8_t *winners)
{
    const int64_t items = (outputs + RECTIFIED_AT_ONCE - 1) / RECTIFIED_AT_ONCE;
    EACH_ITEM(items < gra__threads() ? (int)items : gra__threads(), items,
              rectify_piece(outputs, y, winners, item));
}
