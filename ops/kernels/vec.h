/* Native float32 vectors for the loops of matrix products, convolution and pooling.
 *
 * May include: nothing of Gradus. For loop sources only: the width follows the instruction set that the file is
 * compiled for, which is what keeps the accumulators in registers (a 64-byte vector compiled for AVX2 is ten times
 * slower). Memory need not be aligned.
 *
 *     vf sum = v_load(a) * v_set1(2) + v_load_part(b, 3);
 */
#ifndef GRA_OPS_KERNELS_VEC_H
#define GRA_OPS_KERNELS_VEC_H

#include <stdint.h>
#include <string.h>

#if defined(__SSE2__)
#include <immintrin.h>
#endif

#if defined(__AVX512F__)
#define VW 16 // lanes of a vector
#elif defined(__AVX__)
#define VW 8
#else
#define VW 4
#endif

#define V_INLINE static inline __attribute__((always_inline, unused))

typedef float vf __attribute__((vector_size(VW * 4)));
typedef float vf_memory __attribute__((vector_size(VW * 4), aligned(4), may_alias));

V_INLINE vf v_load(const float *p)
{
    return *(const vf_memory *)p;
}

V_INLINE void v_store(float *p, vf v)
{
    *(vf_memory *)p = v;
}

/* The same past the caches, for what is larger than they are and not read soon; p is aligned to a vector. */
V_INLINE void v_stream(float *p, vf v)
{
#if VW == 16
    _mm512_stream_ps(p, (__m512)v);
#elif VW == 8
    _mm256_stream_ps(p, (__m256)v);
#elif defined(__SSE2__)
    _mm_stream_ps(p, (__m128)v);
#else
    v_store(p, v);
#endif
}

/* Behind the last of such stores: other threads see them before anything that is written later. */
V_INLINE void v_stream_end(void)
{
#if defined(__SSE2__)
    _mm_sfence();
#endif
}

/* Keeps a loaded vector in a register: gcc would rather load it again for each FMA that uses it, and a load across a
 * cache line costs two. */
#if VW == 16
#define V_PIN(v) __asm__("" : "+v"(v))
#elif defined(__SSE2__)
#define V_PIN(v) __asm__("" : "+x"(v))
#else
#define V_PIN(v) (void)(v)
#endif

V_INLINE vf v_set1(float x)
{
#if VW == 16
    return (vf){x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x};
#elif VW == 8
    return (vf){x, x, x, x, x, x, x, x};
#else
    return (vf){x, x, x, x};
#endif
}

/* The first n lanes, 0 <= n <= VW; the other lanes are zero and nothing behind them is read. */
V_INLINE vf v_load_part(const float *p, int64_t n)
{
#if VW == 16
    return (vf)_mm512_maskz_loadu_ps((__mmask16)((1u << n) - 1), p);
#elif VW == 8
    static const int32_t mask[16] = {-1, -1, -1, -1, -1, -1, -1, -1};
    return (vf)_mm256_maskload_ps(
        p, _mm256_loadu_si256((const __m256i *)(const void *)(mask + 8 - n)));
#else
    float lanes[VW] = {0};
    for (int64_t i = 0; i < n; i++)
        lanes[i] = p[i];
    return v_load(lanes);
#endif
}

V_INLINE void v_store_part(float *p, vf v, int64_t n)
{
#if VW == 16
    _mm512_mask_storeu_ps(p, (__mmask16)((1u << n) - 1), (__m512)v);
#else
    /* AVX's masked store is microcoded on AMD: store halves instead. */
    float lanes[VW];
    v_store(lanes, v);
    const float *from = lanes;
    for (int64_t part = VW; part; part /= 2) {
        if (n & part) {
            memcpy(p, from, (size_t)part * sizeof *p);
            p += part;
            from += part;
        }
    }
#endif
}

/* The first n lanes of v; zeros behind them, whatever v has there. */
V_INLINE vf v_first(vf v, int64_t n)
{
#if VW == 16
    return (vf)_mm512_maskz_mov_ps((__mmask16)((1u << n) - 1), (__m512)v);
#else
    typedef int32_t vi __attribute__((vector_size(VW * 4), aligned(4), may_alias));
    static const int32_t mask[16] = {-1, -1, -1, -1, -1, -1, -1, -1}; // VW is at most 8
    return (vf)((vi)v & *(const vi *)(mask + 8 - n));
#endif
}

/* a0 b0 a1 b1 ... from the low halves of a and b, and from the high halves. */
#if VW == 16
#define V_LOW(a, b)                                                                                \
    __builtin_shufflevector(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23)
#define V_HIGH(a, b)                                                                               \
    __builtin_shufflevector(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31)
/* The even lanes of the row a b, and the odd ones. */
#define V_EVEN(a, b)                                                                               \
    __builtin_shufflevector(a, b, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30)
#define V_ODD(a, b)                                                                                \
    __builtin_shufflevector(a, b, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31)
#elif VW == 8
#define V_LOW(a, b) __builtin_shufflevector(a, b, 0, 8, 1, 9, 2, 10, 3, 11)
#define V_HIGH(a, b) __builtin_shufflevector(a, b, 4, 12, 5, 13, 6, 14, 7, 15)
#define V_EVEN(a, b) __builtin_shufflevector(a, b, 0, 2, 4, 6, 8, 10, 12, 14)
#define V_ODD(a, b) __builtin_shufflevector(a, b, 1, 3, 5, 7, 9, 11, 13, 15)
#else
#define V_LOW(a, b) __builtin_shufflevector(a, b, 0, 4, 1, 5)
#define V_HIGH(a, b) __builtin_shufflevector(a, b, 2, 6, 3, 7)
#define V_EVEN(a, b) __builtin_shufflevector(a, b, 0, 2, 4, 6)
#define V_ODD(a, b) __builtin_shufflevector(a, b, 1, 3, 5, 7)
#endif

/* Lane i of the result is the sum of the lanes of row i: a tree that adds while it transposes. rows[VW][VW]. */
V_INLINE vf v_sum_rows(const float *rows)
{
#define V_FOLD(a, b) (V_LOW(a, b) + V_HIGH(a, b))
#define V_ROW(i) v_load(rows + (i)*VW)
#if VW == 16
#define V_FOLD8(i) V_FOLD(V_ROW(i), V_ROW((i) + 8))
    const vf a0 = V_FOLD8(0), a1 = V_FOLD8(1), a2 = V_FOLD8(2), a3 = V_FOLD8(3);
    const vf a4 = V_FOLD8(4), a5 = V_FOLD8(5), a6 = V_FOLD8(6), a7 = V_FOLD8(7);
    const vf b0 = V_FOLD(a0, a4), b1 = V_FOLD(a1, a5), b2 = V_FOLD(a2, a6), b3 = V_FOLD(a3, a7);
    const vf c0 = V_FOLD(b0, b2), c1 = V_FOLD(b1, b3);
#undef V_FOLD8
#elif VW == 8
#define V_FOLD4(i) V_FOLD(V_ROW(i), V_ROW((i) + 4))
    const vf b0 = V_FOLD4(0), b1 = V_FOLD4(1), b2 = V_FOLD4(2), b3 = V_FOLD4(3);
    const vf c0 = V_FOLD(b0, b2), c1 = V_FOLD(b1, b3);
#undef V_FOLD4
#else
    const vf c0 = V_FOLD(V_ROW(0), V_ROW(2)), c1 = V_FOLD(V_ROW(1), V_ROW(3));
#endif
    return V_FOLD(c0, c1);
#undef V_FOLD
#undef V_ROW
}

/* Transposes one block: rows <= VW rows of cols <= VW floats, src_stride apart, become cols rows of VW floats (zeros
 * behind `rows`), row i at dst + i * dst_stride, or at dst + map[i] * dst_stride where there is a map; only the first
 * `width` floats of a row are written.
 *
 * Each round interleaves row i with row i + VW/2; after log2(VW) rounds the block is transposed. */
V_INLINE void v_transpose(const float *src, int64_t src_stride, int64_t rows, int64_t cols,
                          float *dst, int64_t dst_stride, const int32_t *map, int64_t width)
{
#define V_PAIR(d, s, i, lo, hi, j) const vf d##lo = V_LOW(s##i, s##j), d##hi = V_HIGH(s##i, s##j);
#define V_IN(i)                                                                                    \
    const vf a##i = i >= rows    ? (vf){0}                                                         \
                    : cols == VW ? v_load(src + i * src_stride)                                    \
                                 : v_load_part(src + i * src_stride, cols);
#define V_OUT(v, i)                                                                                \
    if (i < cols) {                                                                                \
        float *to = dst + (map ? map[i] : i) * dst_stride;                                         \
        if (width == VW)                                                                           \
            v_store(to, v##i);                                                                     \
        else                                                                                       \
            v_store_part(to, v##i, width);                                                         \
    }
/* clang-format off */
#if VW == 16
#define V_EACH(M)                                                                                  \
    M(0) M(1) M(2) M(3) M(4) M(5) M(6) M(7) M(8) M(9) M(10) M(11) M(12) M(13) M(14) M(15)
#define V_EACH_OUT(M, v) \
    M(v, 0) M(v, 1) M(v, 2) M(v, 3) M(v, 4) M(v, 5) M(v, 6) M(v, 7) M(v, 8) M(v, 9) M(v, 10) \
    M(v, 11) M(v, 12) M(v, 13) M(v, 14) M(v, 15)
#define V_ROUND(d, s)                                                                              \
    V_PAIR(d, s, 0, 0, 1, 8)                                                                       \
    V_PAIR(d, s, 1, 2, 3, 9)                                                                       \
    V_PAIR(d, s, 2, 4, 5, 10)                                                                      \
    V_PAIR(d, s, 3, 6, 7, 11) V_PAIR(d, s, 4, 8, 9, 12) V_PAIR(d, s, 5, 10, 11, 13)                \
        V_PAIR(d, s, 6, 12, 13, 14) V_PAIR(d, s, 7, 14, 15, 15)
#elif VW == 8
#define V_EACH(M) M(0) M(1) M(2) M(3) M(4) M(5) M(6) M(7)
#define V_EACH_OUT(M, v) M(v, 0) M(v, 1) M(v, 2) M(v, 3) M(v, 4) M(v, 5) M(v, 6) M(v, 7)
#define V_ROUND(d, s)                                                                              \
    V_PAIR(d, s, 0, 0, 1, 4)                                                                       \
    V_PAIR(d, s, 1, 2, 3, 5) V_PAIR(d, s, 2, 4, 5, 6) V_PAIR(d, s, 3, 6, 7, 7)
#else
#define V_EACH(M) M(0) M(1) M(2) M(3)
#define V_EACH_OUT(M, v) M(v, 0) M(v, 1) M(v, 2) M(v, 3)
#define V_ROUND(d, s) V_PAIR(d, s, 0, 0, 1, 2) V_PAIR(d, s, 1, 2, 3, 3)
#endif
    /* clang-format on */
    V_EACH(V_IN)
    V_ROUND(b, a)
    V_ROUND(c, b)
#if VW == 4
    V_EACH_OUT(V_OUT, c)
#elif VW == 8
    V_ROUND(d, c)
    V_EACH_OUT(V_OUT, d)
#else
    V_ROUND(d, c)
    V_ROUND(e, d)
    V_EACH_OUT(V_OUT, e)
#endif
#undef V_PAIR
#undef V_IN
#undef V_OUT
#undef V_EACH
#undef V_EACH_OUT
#undef V_ROUND
}

#endif
