/* The transforms of Winograd's algorithm: the loops behind winograd.c, compiled once per instruction set.
 *
 * Vectors run over channels. A polynomial product is taken at n points, n - 1 finite ones and infinity:
 *
 *     n = 6:  0, +-3/4, +-3/2, inf          half the rounding error of +-1, +-2
 *     n = 7:  0, +-1, +-2, 1/2, inf
 *     n = 8:  0, +-1, +-2, +-1/2, inf
 *
 * With P(x) the product of (x - q) over the finite points q, the rows of B^T are the coefficients of P(x) / (x - p),
 * for infinity those of P itself; A^T and G^T are powers of the points, G's rows over P'(p). Points of a pair +-p share
 * their even and odd parts, which are added and subtracted.
 */
#include "ops/kernels/isa.h"
#include "ops/kernels/tile.h"
#include "ops/kernels/winograd.h"

#define EACH(X) X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7)

/* Points 0, +-a, +-b of the polynomial x (x^2 - a^2) (x^2 - b^2), from five coefficients' worth of input. */
V_INLINE void input_at_five(const float a, const float b, const vf *d, vf *v)
{
    const float aa = a * a, bb = b * b;
    const vf even_a = d[4] - bb * d[2], odd_a = a * (d[3] - bb * d[1]);
    const vf even_b = d[4] - aa * d[2], odd_b = b * (d[3] - aa * d[1]);
    v[0] = d[4] - (aa + bb) * d[2] + aa * bb * d[0];
    v[1] = even_a + odd_a;
    v[2] = even_a - odd_a;
    v[3] = even_b + odd_b;
    v[4] = even_b - odd_b;
}

/* Points +-p of eight, where s and t are the squares of the other pairs. */
V_INLINE void input_at_pair(const float p, const float s, const float t, const vf *d, vf *plus,
                            vf *minus)
{
    const vf even = d[6] - (s + t) * d[4] + s * t * d[2];
    const vf odd = p * (d[5] - (s + t) * d[3] + s * t * d[1]);
    *plus = even + odd;
    *minus = even - odd;
}

/* v = B^T d */
V_INLINE void input_points(const int n, const vf *d, vf *v)
{
    if (n == 6) {
        const float aa = 9.0f / 16, bb = 9.0f / 4;
        input_at_five(3.0f / 4, 3.0f / 2, d, v);
        v[5] = d[5] - (aa + bb) * d[3] + aa * bb * d[1];
    } else if (n == 7) {
        const vf e[6] = {d[1] - 0.5f * d[0], d[2] - 0.5f * d[1], d[3] - 0.5f * d[2],
                         d[4] - 0.5f * d[3], d[5] - 0.5f * d[4], d[6] - 0.5f * d[5]};
        input_at_five(1, 2, e, v);
        v[5] = d[5] - 5 * d[3] + 4 * d[1];
        v[6] = e[5] - 5 * e[3] + 4 * e[1];
    } else {
        v[0] = d[6] - d[0] + 5.25f * (d[2] - d[4]);
        input_at_pair(1, 4, 0.25f, d, v + 1, v + 2);
        input_at_pair(2, 1, 0.25f, d, v + 3, v + 4);
        input_at_pair(0.5f, 1, 4, d, v + 5, v + 6);
        v[7] = d[7] - d[1] + 5.25f * (d[3] - d[5]);
    }
}

/* The polynomial with `count` coefficients y at +-p. */
V_INLINE void evaluate_pair(const int count, const float p, const vf *y, vf *plus, vf *minus)
{
    const float s = p * p;
    vf even = y[0] + s * y[2], odd = y[1];
    if (count > 3)
        odd += s * y[3];
    if (count > 4)
        even += s * s * y[4];
    if (count > 5)
        odd += s * s * y[5];
    *plus = even + p * odd;
    *minus = even - p * odd;
}

/* v = the polynomial with `count` coefficients y, at all n points: A y, or G w but for its scale. */
V_INLINE void evaluate(const int n, const int count, const vf *y, vf *v)
{
    const float a = n == 6 ? 3.0f / 4 : 1;
    v[0] = y[0];
    evaluate_pair(count, a, y, v + 1, v + 2);
    evaluate_pair(count, 2 * a, y, v + 3, v + 4);
    if (n == 8)
        evaluate_pair(count, 0.5f, y, v + 5, v + 6);
    if (n == 7) {
        v[5] = y[count - 1];
#define HORNER(i)                                                                                  \
    if (count > i + 1)                                                                             \
        v[5] = 0.5f * v[5] + y[count > i + 1 ? count - 2 - i : 0];
        EACH(HORNER)
#undef HORNER
    }
    v[n - 1] = y[count - 1];
}

V_INLINE float power(const float p, const int i)
{
    const float s = p * p;
    return i == 0 ? 1 : i == 1 ? p : i == 2 ? s : i == 3 ? s * p : i == 4 ? s * s : s * s * p;
}

/* y[count] = evaluate's adjoint: A^T v, or G^T of scaled v. */
V_INLINE void evaluate_adjoint(const int n, const int count, const vf *v, vf *y)
{
    const float a = n == 6 ? 3.0f / 4 : 1;
    const vf even_a = v[1] + v[2], odd_a = v[1] - v[2], even_b = v[3] + v[4], odd_b = v[3] - v[4];
    const vf even_c = n == 8 ? v[5] + v[6] : n == 7 ? v[5] : even_a;
    const vf odd_c = n == 8 ? v[5] - v[6] : n == 7 ? v[5] : odd_a;
#define SUM(i)                                                                                     \
    if (count > i) {                                                                               \
        y[i] =                                                                                     \
            power(a, i) * (i % 2 ? odd_a : even_a) + power(2 * a, i) * (i % 2 ? odd_b : even_b);   \
        if (n > 6)                                                                                 \
            y[i] += power(0.5f, i) * (i % 2 ? odd_c : even_c);                                     \
    }
    EACH(SUM)
#undef SUM
    y[0] += v[0];
    y[count - 1] += v[n - 1];
}

/* v[i] /= P'(point i), for G and its adjoint. */
V_INLINE void scale(const int n, vf *v)
{
    if (n == 6) {
        v[0] *= 64.0f / 81;
        v[1] *= -128.0f / 243; // 1 / (2 a^2 (a^2 - b^2))
        v[2] *= -128.0f / 243;
        v[3] *= 32.0f / 243;
        v[4] *= 32.0f / 243;
    } else if (n == 7) {
        v[0] *= -0.5f;
        v[1] *= -1.0f / 3;
        v[2] *= 1.0f / 9;
        v[3] *= 1.0f / 36;
        v[4] *= -1.0f / 60;
        v[5] *= 32.0f / 45;
    } else {
        v[0] = -v[0];
        v[1] *= -2.0f / 9;
        v[2] *= -2.0f / 9;
        v[3] *= 1.0f / 90;
        v[4] *= 1.0f / 90;
        v[5] *= 32.0f / 45;
        v[6] *= 32.0f / 45;
    }
}

/* Moves up to eight vectors, `step` floats apart, from and to memory. Constant indices keep arrays in registers. */
V_INLINE void load(const int count, const float *p, int64_t step, vf *v)
{
#define LOAD(i)                                                                                    \
    if (count > i)                                                                                 \
        v[i] = v_load(p + i * step);
    EACH(LOAD)
#undef LOAD
}

V_INLINE void store(const int count, float *p, int64_t step, const vf *v)
{
#define STORE(i)                                                                                   \
    if (count > i)                                                                                 \
        v_store(p + i * step, v[i]);
    EACH(STORE)
#undef STORE
}

enum { ROW = 8 * VW }; // floats from row to row of an 8 x 8 scratch tile

V_INLINE void input_body(const int n, int64_t channels, const float *x, int64_t row, int64_t pixel,
                         float *v, int64_t plane)
{
    float t[8 * ROW] __attribute__((aligned(64)));
    for (int64_t c = 0; c < channels; c += VW) {
        vf d[8], e[8];
        for (int j = 0; j < n; j++) {
            load(n, x + c + j * pixel, row, d);
            input_points(n, d, e);
            store(n, t + j * VW, ROW, e);
        }
        for (int i = 0; i < n; i++) {
            load(n, t + i * ROW, VW, d);
            input_points(n, d, e);
            store(n, v + c + i * n * plane, plane, e);
        }
    }
}

V_INLINE vf finish(vf y, vf bias, bool relu)
{
    typedef int32_t vi __attribute__((vector_size(VW * 4)));
    y += bias;
    return relu ? (vf)((vi)y & ~(vi)(y < (vf){0})) : y;
}

V_INLINE void output_body(const int n, const int m, const gra__winograd_output *args)
{
    float t[8 * ROW] __attribute__((aligned(64)));
    for (int64_t c = 0; c < args->width; c += VW) {
        const vf bias = args->bias ? v_load(args->bias + c) : (vf){0};
        vf d[8], e[8];
        for (int j = 0; j < n; j++) {
            load(n, args->m + c + j * args->plane, n * args->plane, d);
            evaluate_adjoint(n, m, d, e);
            store(m, t + j * VW, ROW, e);
        }
        for (int i = 0; i < args->rows; i++) {
            float *y = args->y + c + i * args->row;
            load(n, t + i * ROW, VW, d);
            evaluate_adjoint(n, m, d, e);
#define FINISH(j)                                                                                  \
    if (m > j && args->columns > j)                                                                \
        v_store(y + j * args->pixel, finish(e[j], bias, args->relu));
            EACH(FINISH)
#undef FINISH
        }
    }
}

V_INLINE void output_adjoint_body(const int n, const int m, int64_t channels, const float *g,
                                  int64_t row, int64_t pixel, float *to, int64_t plane, float *sums)
{
    float t[8 * ROW] __attribute__((aligned(64)));
    for (int64_t c = 0; c < channels; c += VW) {
        vf d[8], e[8], sum = {0};
        for (int j = 0; j < m; j++) {
            load(m, g + c + j * pixel, row, d);
#define ADD(i)                                                                                     \
    if (m > i)                                                                                     \
        sum += d[i];
            EACH(ADD)
#undef ADD
            evaluate(n, m, d, e);
            store(n, t + j * VW, ROW, e);
        }
        v_store(sums + c, v_load(sums + c) + sum);
        for (int i = 0; i < n; i++) {
            load(m, t + i * ROW, VW, d);
            evaluate(n, m, d, e);
            store(n, to + c + i * n * plane, plane, e);
        }
    }
}

/* taps[tap][VW] = the filters of VW output channels, `step` apart. */
V_INLINE void load_taps(const int taps, const float *w, int64_t step, float *to)
{
    for (int i = 0; i < taps; i += VW)
        v_transpose(w + i, step, VW, taps - i < VW ? taps - i : VW, to + i * VW, VW, NULL, VW);
}

V_INLINE void store_taps(const int taps, const float *from, float *dw, int64_t step)
{
    for (int i = 0; i < taps; i += VW) {
        const int count = taps - i < VW ? taps - i : VW;
        v_transpose(from + i * VW, VW, count, VW, dw + i, step, NULL, count);
    }
}

V_INLINE void weights_body(const int n, const int r, const gra__winograd_weights *args)
{
    float taps[25 * VW] __attribute__((aligned(64))), t[8 * ROW] __attribute__((aligned(64)));
    const float *first = args->rotated ? taps + (r * r - 1) * VW : taps;
    const int64_t step = args->rotated ? -VW : VW;
    for (int64_t c = 0; c < args->inputs; c++)
        for (int64_t k = 0; k < args->width; k += VW) {
            vf d[8], e[8];
            load_taps(r * r, args->w + c * args->input_step + k * args->width_step,
                      args->width_step, taps);
            for (int j = 0; j < r; j++) {
                load(r, first + j * step, r * step, d);
                evaluate(n, r, d, e);
                scale(n, e);
                store(n, t + j * VW, ROW, e);
            }
            for (int i = 0; i < n; i++) {
                load(r, t + i * ROW, VW, d);
                evaluate(n, r, d, e);
                scale(n, e);
                store(n, args->u + c * PANEL + k + i * n * args->plane, args->plane, e);
            }
        }
}

V_INLINE void weights_adjoint_body(const int n, const int r, const gra__winograd_weights *args)
{
    float taps[25 * VW] __attribute__((aligned(64))), t[8 * ROW] __attribute__((aligned(64)));
    for (int64_t c = 0; c < args->inputs; c++)
        for (int64_t k = 0; k < args->width; k += VW) {
            vf d[8], e[8];
            for (int j = 0; j < n; j++) {
                const float *u = args->u + c * PANEL + k + j * args->plane;
                load(n, u, n * args->plane, d);
                for (int64_t part = 1; part < args->parts; part++) {
                    load(n, u + part * args->part, n * args->plane, e);
#define ADD(i)                                                                                     \
    if (n > i)                                                                                     \
        d[i] += e[i];
                    EACH(ADD)
#undef ADD
                }
                scale(n, d);
                evaluate_adjoint(n, r, d, e);
                store(r, t + j * VW, ROW, e);
            }
            for (int i = 0; i < r; i++) {
                load(n, t + i * ROW, VW, d);
                scale(n, d);
                evaluate_adjoint(n, r, d, e);
                store(r, taps + i * r * VW, VW, e);
            }
            store_taps(r * r, taps, args->dw + c * args->input_step + k * args->width_step,
                       args->width_step);
        }
}

#define INSTANCE(M, R, N)                                                                          \
    static void weights_##M##_##R(const gra__winograd_weights *args)                               \
    {                                                                                              \
        weights_body(N, R, args);                                                                  \
    }                                                                                              \
    static void weights_adjoint_##M##_##R(const gra__winograd_weights *args)                       \
    {                                                                                              \
        weights_adjoint_body(N, R, args);                                                          \
    }                                                                                              \
    static void output_##M##_##R(const gra__winograd_output *args)                                 \
    {                                                                                              \
        output_body(N, M, args);                                                                   \
    }                                                                                              \
    static void output_adjoint_##M##_##R(int64_t channels, const float *g, int64_t row,            \
                                         int64_t pixel, float *m, int64_t plane, float *sums)      \
    {                                                                                              \
        output_adjoint_body(N, M, channels, g, row, pixel, m, plane, sums);                        \
    }
#define INPUT_INSTANCE(N)                                                                          \
    static void input_##N(int64_t channels, const float *x, int64_t row, int64_t pixel, float *v,  \
                          int64_t plane)                                                           \
    {                                                                                              \
        input_body(N, channels, x, row, pixel, v, plane);                                          \
    }
INPUT_INSTANCE(6)
INPUT_INSTANCE(7)
INPUT_INSTANCE(8)
INSTANCE(4, 3, 6)
INSTANCE(5, 3, 7)
INSTANCE(6, 3, 8)
INSTANCE(4, 5, 8)

#define KIND(M, R, N)                                                                              \
    {                                                                                              \
        M, R, N, weights_##M##_##R, weights_adjoint_##M##_##R, input_##N, output_##M##_##R,        \
            output_adjoint_##M##_##R                                                               \
    }

extern const struct gra__winograd_table GRA_ISA_NAME(gra__winograd);
const struct gra__winograd_table GRA_ISA_NAME(gra__winograd) = {
    .kinds = {[GRA_WINOGRAD_4_3] = KIND(4, 3, 6),
              [GRA_WINOGRAD_5_3] = KIND(5, 3, 7),
              [GRA_WINOGRAD_6_3] = KIND(6, 3, 8),
              [GRA_WINOGRAD_4_5] = KIND(4, 5, 8)},
};
