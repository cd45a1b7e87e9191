/* Pooling of one plane with the usual 2x2 window and stride 2, compiled once per instruction set; see pool2d.c.
 *
 * Two vectors of a row hold a vector of windows: their even lanes are the left halves, their odd lanes the right ones. */
#include "ops/kernels/gemm.h"
#include "ops/kernels/isa.h"
#include "ops/kernels/vec.h"

void GRA_ISA_NAME(gra__average_2x2)(int64_t out_h, int64_t out_w, const float *x, int64_t x_row,
                                    float *y, float factor);
void GRA_ISA_NAME(gra__average_2x2_backward)(int64_t out_h, int64_t out_w, const float *g,
                                             float *dx, int64_t x_row, float factor);
void GRA_ISA_NAME(gra__max_2x2)(int64_t out_h, int64_t out_w, const float *x, int64_t x_row,
                                float *y, int64_t *indices);

/* How the last n windows of a row lie in two vectors. */
typedef struct tail {
    int64_t windows, first, second; // windows; floats in the first vector and in the second
} tail;

static tail tail_of(int64_t windows)
{
    const int64_t floats = 2 * windows;
    return (tail){windows, floats < VW ? floats : VW, floats < VW ? 0 : floats - VW};
}

void GRA_ISA_NAME(gra__average_2x2)(int64_t out_h, int64_t out_w, const float *x, int64_t x_row,
                                    float *y, float factor)
{
    const int64_t whole = out_w / VW * VW;
    const tail rest = tail_of(out_w - whole);
    for (int64_t p = 0; p < out_h; p++, x += 2 * x_row, y += out_w) {
        for (int64_t q = 0; q < whole; q += VW) {
            const float *from = x + 2 * q;
            const vf a = v_load(from) + v_load(from + x_row),
                     b = v_load(from + VW) + v_load(from + x_row + VW);
            v_store(y + q, (V_EVEN(a, b) + V_ODD(a, b)) * factor);
        }
        if (rest.windows) {
            const float *from = x + 2 * whole;
            const vf a = v_load_part(from, rest.first) + v_load_part(from + x_row, rest.first);
            vf b = a;
            if (rest.second)
                b = v_load_part(from + VW, rest.second) +
                    v_load_part(from + x_row + VW, rest.second);
            v_store_part(y + whole, (V_EVEN(a, b) + V_ODD(a, b)) * factor, rest.windows);
        }
    }
}

void GRA_ISA_NAME(gra__average_2x2_backward)(int64_t out_h, int64_t out_w, const float *g,
                                             float *dx, int64_t x_row, float factor)
{
    const int64_t whole = out_w / VW * VW;
    const tail rest = tail_of(out_w - whole);
    for (int64_t p = 0; p < out_h; p++, dx += 2 * x_row, g += out_w) {
        for (int64_t q = 0; q < whole; q += VW) {
            const vf v = v_load(g + q) * factor, a = V_LOW(v, v), b = V_HIGH(v, v);
            float *to = dx + 2 * q;
            v_store(to, a);
            v_store(to + VW, b);
            v_store(to + x_row, a);
            v_store(to + x_row + VW, b);
        }
        if (rest.windows) {
            const vf v = v_load_part(g + whole, rest.windows) * factor, a = V_LOW(v, v),
                     b = V_HIGH(v, v);
            float *to = dx + 2 * whole;
            v_store_part(to, a, rest.first);
            v_store_part(to + x_row, a, rest.first);
            if (rest.second) {
                v_store_part(to + VW, b, rest.second);
                v_store_part(to + x_row + VW, b, rest.second);
            }
        }
    }
}

typedef int32_t vi __attribute__((vector_size(VW * 4)));
typedef int64_t vl __attribute__((vector_size(VW * 8)));

/* Maximum so far, and where it lies in its window: 0 or 1 in the first row, x_row more in the second. */
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

V_INLINE best best_of(vf a, vf b, vf c, vf d, int32_t x_row)
{
    best top = {V_EVEN(a, b), (vi){0}};
    top = better(top, V_ODD(a, b), 1);
    top = better(top, V_EVEN(c, d), x_row);
    return better(top, V_ODD(c, d), x_row + 1);
}

/* Twice 0, 1, 2 ...: a window's left column. */
V_INLINE vi columns(void)
{
#if VW == 16
    return (vi){0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30};
#elif VW == 8
    return (vi){0, 2, 4, 6, 8, 10, 12, 14};
#else
    return (vi){0, 2, 4, 6};
#endif
}

void GRA_ISA_NAME(gra__max_2x2)(int64_t out_h, int64_t out_w, const float *x, int64_t x_row,
                                float *y, int64_t *indices)
{
    const int64_t whole = out_w / VW * VW;
    const tail rest = tail_of(out_w - whole);
    int64_t base = 0;
    for (int64_t p = 0; p < out_h;
         p++, x += 2 * x_row, base += 2 * x_row, y += out_w, indices += out_w) {
        for (int64_t q = 0; q < whole; q += VW) {
            const float *from = x + 2 * q;
            const best top = best_of(v_load(from), v_load(from + VW), v_load(from + x_row),
                                     v_load(from + x_row + VW), (int32_t)x_row);
            v_store(y + q, top.value);
            const vl at = __builtin_convertvector(top.at + columns(), vl) + (base + 2 * q);
            memcpy(indices + q, &at, sizeof at);
        }
        if (rest.windows) {
            const float *from = x + 2 * whole;
            const best top =
                best_of(v_load_part(from, rest.first), v_load_part(from + VW, rest.second),
                        v_load_part(from + x_row, rest.first),
                        v_load_part(from + x_row + VW, rest.second), (int32_t)x_row);
            v_store_part(y + whole, top.value, rest.windows);
            const vl at = __builtin_convertvector(top.at + columns(), vl) + (base + 2 * whole);
            int64_t lanes[VW];
            memcpy(lanes, &at, sizeof at);
            for (int64_t i = 0; i < rest.windows; i++)
                indices[whole + i] = lanes[i];
        }
    }
}
