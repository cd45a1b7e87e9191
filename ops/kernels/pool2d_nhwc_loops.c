/* Channels-last pooling, one row of the result at a time, compiled once per instruction set; see pool2d_nhwc.h. */
#include "ops/kernels/isa.h"
#include "ops/kernels/pool2d_nhwc.h"
#include "ops/kernels/vec.h"

extern const gra__pool2d_nhwc_table GRA_ISA_NAME(gra__pool2d_nhwc);

typedef int32_t vi __attribute__((vector_size(VW * 4)));
typedef uint8_t vb __attribute__((vector_size(VW)));

V_INLINE vf load(const float *p, int64_t n)
{
    return n == VW ? v_load(p) : v_load_part(p, n);
}

V_INLINE void store(float *p, vf v, int64_t n)
{
    if (n == VW)
        v_store(p, v);
    else
        v_store_part(p, v, n);
}

V_INLINE int64_t smaller(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

V_INLINE int64_t larger(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* ---- windows of an output pixel ---- */

/* One dim of a window: its positions [from, to) lie in the image, position 0 at pixel `first`. */
typedef struct span {
    int64_t first, from, to;
} span;

V_INLINE span span_of(int64_t at, int64_t kernel, int64_t stride, int64_t pad, int64_t dilation,
                      int64_t size)
{
    const int64_t first = at * stride - pad;
    int64_t from = larger(-first, 0), to = larger(size - first, 0);
    if (dilation > 1) {
        from = (from + dilation - 1) / dilation;
        to = (to + dilation - 1) / dilation;
    }
    return (span){first, smaller(from, kernel), smaller(to, kernel)};
}

V_INLINE float divisor(const gra__pool2d_shape *d, const gra__pool2d_average *a, int64_t p,
                       int64_t q)
{
    if (a->divisor_override)
        return (float)a->divisor_override;
    const int64_t top = p * d->stride_h - d->pad_h, left = q * d->stride_w - d->pad_w;
    const int64_t bottom = smaller(top + d->kernel_h, d->h + d->pad_h);
    const int64_t right = smaller(left + d->kernel_w, d->w + d->pad_w);
    if (a->count_include_pad)
        return (float)((bottom - top) * (right - left));
    return (float)((smaller(bottom, d->h) - larger(top, 0)) *
                   (smaller(right, d->w) - larger(left, 0)));
}

static void average(const gra__pool2d_shape *d, int64_t c, const gra__pool2d_average *a,
                    int64_t row, const float *x, float *y)
{
    const span rows = span_of(row, d->kernel_h, d->stride_h, d->pad_h, 1, d->h);
    for (int64_t q = 0; q < d->out_w; q++, y += c) {
        const span columns = span_of(q, d->kernel_w, d->stride_w, d->pad_w, 1, d->w);
        const bool empty = rows.from >= rows.to || columns.from >= columns.to;
        const vf by = v_set1(empty ? 1 : divisor(d, a, row, q));
        for (int64_t k = 0; k < c; k += VW) {
            const int64_t n = smaller(c - k, VW);
            vf sum = {0};
            for (int64_t i = rows.from; i < rows.to; i++) {
                const float *const line = x + ((rows.first + i) * d->w + columns.first) * c + k;
                for (int64_t j = columns.from; j < columns.to; j++)
                    sum += load(line + j * c, n);
            }
            store(y + k, sum / by, n);
        }
    }
}

/* Maximum so far, and its position in the window. */
typedef struct best {
    vf value;
    vi at;
} best;

/* PyTorch's rule: a candidate wins if it is greater or NaN, so the first maximum and the last NaN win. */
V_INLINE best better(best old, vf value, int32_t at)
{
    const vi wins = (value > old.value) | (value != value);
    return (best){(vf)(((vi)value & wins) | ((vi)old.value & ~wins)),
                  (at & wins) | (old.at & ~wins)};
}

V_INLINE void store_bytes(uint8_t *p, vi v, int64_t n)
{
#if VW == 16
    _mm512_mask_cvtepi32_storeu_epi8(p, (__mmask16)((1u << n) - 1), (__m512i)v);
#else
    const vb bytes = __builtin_convertvector(v, vb);
    if (n == VW)
        memcpy(p, &bytes, VW);
    else
        for (int64_t i = 0; i < n; i++)
            p[i] = bytes[i];
#endif
}

static void max(const gra__pool2d_shape *d, int64_t c, int64_t row, const float *x, float *y,
                uint8_t *winners)
{
    const span rows = span_of(row, d->kernel_h, d->stride_h, d->pad_h, d->dilation_h, d->h);
    for (int64_t q = 0; q < d->out_w; q++, y += c, winners += c) {
        const span columns = span_of(q, d->kernel_w, d->stride_w, d->pad_w, d->dilation_w, d->w);
        const int32_t start = (int32_t)(rows.from * d->kernel_w + columns.from);
        for (int64_t k = 0; k < c; k += VW) {
            const int64_t n = smaller(c - k, VW);
            best top = {v_set1(-__builtin_inff()), (vi){0} + start};
            for (int64_t i = rows.from; i < rows.to; i++) {
                const float *const line =
                    x + ((rows.first + i * d->dilation_h) * d->w + columns.first) * c + k;
                const int32_t at = (int32_t)(i * d->kernel_w);
                for (int64_t j = columns.from; j < columns.to; j++)
                    top = better(top, load(line + j * d->dilation_w * c, n), at + (int32_t)j);
            }
            store(y + k, top.value, n);
            store_bytes(winners + k, top.at, n);
        }
    }
}

/* ---- windows that an input pixel lies in ---- */

/* One dim: windows [from, to) may hold the pixel, window p at position (padded - p stride) / dilation. */
typedef struct holders {
    int64_t padded, from, to;
} holders;

/* Those of a pixel, given those of a pixel before it (or none). */
V_INLINE holders holders_of(int64_t pixel, holders before, int64_t kernel, int64_t stride,
                            int64_t pad, int64_t dilation, int64_t windows)
{
    holders h = {pixel + pad, before.from, before.to};
    while (h.to < windows && h.to * stride <= h.padded)
        h.to++;
    while (h.from < h.to && h.from * stride + (kernel - 1) * dilation < h.padded)
        h.from++;
    return h;
}

/* The pixel's position in window p, or -1 where a dilated window steps over it. */
V_INLINE int64_t position(const holders *h, int64_t p, int64_t stride, int64_t dilation)
{
    const int64_t offset = h->padded - p * stride;
    if (dilation == 1)
        return offset;
    return offset % dilation ? -1 : offset / dilation;
}

static void average_backward(const gra__pool2d_shape *d, int64_t c, const gra__pool2d_average *a,
                             int64_t row, const float *g, float *dx)
{
    const holders rows =
        holders_of(row, (holders){0}, d->kernel_h, d->stride_h, d->pad_h, 1, d->out_h);
    holders columns = {0};
    for (int64_t j = 0; j < d->w; j++, dx += c) {
        columns = holders_of(j, columns, d->kernel_w, d->stride_w, d->pad_w, 1, d->out_w);
        for (int64_t k = 0; k < c; k += VW) {
            const int64_t n = smaller(c - k, VW);
            vf sum = {0};
            for (int64_t p = rows.from; p < rows.to; p++)
                for (int64_t q = columns.from; q < columns.to; q++)
                    sum += load(g + (p * d->out_w + q) * c + k, n) / v_set1(divisor(d, a, p, q));
            store(dx + k, sum, n);
        }
    }
}

/* gcc takes a conversion of bytes apart into single ones, so AVX gets its instruction by name. */
V_INLINE vi widened(vb bytes)
{
#if VW == 16
    return (vi)_mm512_cvtepu8_epi32((__m128i)bytes);
#elif VW == 8
    return (vi)_mm256_cvtepu8_epi32(_mm_set_epi64x(0, (long long)bytes));
#else
    return __builtin_convertvector(bytes, vi);
#endif
}

V_INLINE vi load_bytes(const uint8_t *p, int64_t n)
{
    vb bytes = {0};
    if (n == VW)
        memcpy(&bytes, p, VW);
    else
        for (int64_t i = 0; i < n; i++)
            bytes[i] = p[i];
    return widened(bytes);
}

static void max_backward(const gra__pool2d_shape *d, int64_t c, int64_t row, const float *g,
                         const uint8_t *winners, float *dx)
{
    const holders rows =
        holders_of(row, (holders){0}, d->kernel_h, d->stride_h, d->pad_h, d->dilation_h, d->out_h);
    holders columns = {0};
    for (int64_t j = 0; j < d->w; j++, dx += c) {
        columns =
            holders_of(j, columns, d->kernel_w, d->stride_w, d->pad_w, d->dilation_w, d->out_w);
        for (int64_t k = 0; k < c; k += VW) {
            const int64_t n = smaller(c - k, VW);
            vf sum = {0};
            for (int64_t p = rows.from; p < rows.to; p++) {
                const int64_t r = position(&rows, p, d->stride_h, d->dilation_h);
                for (int64_t q = columns.from; r >= 0 && q < columns.to; q++) {
                    const int64_t s = position(&columns, q, d->stride_w, d->dilation_w);
                    const int64_t at = (p * d->out_w + q) * c + k;
                    const vi won = load_bytes(winners + at, n) == (int32_t)(r * d->kernel_w + s);
                    if (s >= 0)
                        sum += (vf)((vi)load(g + at, n) & won);
                }
            }
            store(dx + k, sum, n);
        }
    }
}

const gra__pool2d_nhwc_table GRA_ISA_NAME(gra__pool2d_nhwc) = {
    .average = average,
    .average_backward = average_backward,
    .max = max,
    .max_backward = max_backward,
};
