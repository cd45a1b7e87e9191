/* The register tile that matrix products and convolutions share: up to TILE_ROWS rows of up to two vectors.
 *
 * May include: vec.h. For loop sources only.
 *
 *     C[MR][NV*VW] = sum over k of  A[i, k] * B[k, 0 .. NV*VW)        A's elements are broadcast, B's rows are vectors
 *
 * gcc 12 spills an array of accumulators even where every index is a constant, so each accumulator is a scalar with a
 * name, made by an X-macro, and rows beyond MR fall away because MR and NV are constants after inlining. A tile needs
 * some ten accumulators to hide the latency of an FMA; beyond that its form hardly matters.
 */
#ifndef GRA_OPS_KERNELS_TILE_H
#define GRA_OPS_KERNELS_TILE_H

#include "ops/kernels/vec.h"

#if VW == 16
#define TILE_ROWS 12 // 24 accumulators of 32 registers
#define TILE_EACH_ROW(X) X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11)
#elif VW == 8
#define TILE_ROWS 6 // 12 of 16
#define TILE_EACH_ROW(X) X(0) X(1) X(2) X(3) X(4) X(5)
#else
#define TILE_ROWS 6 // 12 of 16
#define TILE_EACH_ROW(X) X(0) X(1) X(2) X(3) X(4) X(5)
#endif

#define PANEL (2 * VW) // columns of B that a tile takes at once

/* Where a finished tile goes: C (+)= tile + bias. */
typedef struct tile_end {
    float *c;                 // the tile's first element
    int64_t stride;           // floats from row to row of C
    int64_t columns;          // columns to write, at most NV * VW
    int accumulate;           // add to what C holds
    const float *row_bias;    // one for each row, or NULL
    const float *column_bias; // NV * VW of them, or NULL
    int stream; // write past the caches: C is aligned, `columns` are whole vectors, nothing is added to
} tile_end;

#define TILE_DECLARE(i) vf c##i##_0 = {0}, c##i##_1 = {0};

/* One step of k: `element` gives A[i, k]; MR and NV are constants. */
#define TILE_STEP(i, element)                                                                      \
    if (MR > i) {                                                                                  \
        const vf a_ = v_set1(element);                                                             \
        c##i##_0 += a_ * b0;                                                                       \
        if (NV > 1)                                                                                \
            c##i##_1 += a_ * b1;                                                                   \
    }

#define TILE_FINISH(i)                                                                             \
    if (MR > i) {                                                                                  \
        if (NV == 1)                                                                               \
            tile_store(end, i, 0, end->columns, c##i##_0);                                         \
        else {                                                                                     \
            tile_store(end, i, 0, VW, c##i##_0);                                                   \
            tile_store(end, i, VW, end->columns - VW, c##i##_1);                                   \
        }                                                                                          \
    }

V_INLINE void tile_store(const tile_end *end, int64_t row, int64_t column, int64_t columns, vf v)
{
    float *c = end->c + row * end->stride + column;
    if (end->column_bias)
        v += v_load(end->column_bias + column);
    if (end->row_bias)
        v += v_set1(end->row_bias[row]);
    if (end->stream) {
        v_stream(c, v);
    } else if (columns == VW) {
        v_store(c, end->accumulate ? v_load(c) + v : v);
    } else {
        v_store_part(c, end->accumulate ? v_load_part(c, columns) + v : v, columns);
    }
}

/* Splits `count` rows into tiles of nearly equal height: the start of tile i of n. */
V_INLINE int64_t tile_start(int64_t count, int64_t tiles, int64_t i)
{
    return count * i / tiles;
}

V_INLINE int64_t tile_count(int64_t count, int64_t most)
{
    return (count + most - 1) / most;
}

/* Row i of a matrix, from every fourth row: few enough pointers to stay in registers. */
V_INLINE const float *tile_row(int i, const float *p0, const float *p4, const float *p8,
                               const float *p12, int64_t stride, int64_t stride3)
{
    const float *p = i < 4 ? p0 : i < 8 ? p4 : i < 12 ? p8 : p12;
    return i % 4 == 0 ? p : i % 4 == 1 ? p + stride : i % 4 == 2 ? p + 2 * stride : p + stride3;
}

/* Names for the instances of a tile template: every height, one vector and two. */
#if VW == 16
#define TILE_INSTANCES(X, NV)                                                                      \
    X(1, NV)                                                                                       \
    X(2, NV)                                                                                       \
    X(3, NV) X(4, NV) X(5, NV) X(6, NV) X(7, NV) X(8, NV) X(9, NV) X(10, NV) X(11, NV) X(12, NV)
#define TILE_TABLE(f, NV)                                                                          \
    {                                                                                              \
        f##_1_##NV, f##_2_##NV, f##_3_##NV, f##_4_##NV, f##_5_##NV, f##_6_##NV, f##_7_##NV,        \
            f##_8_##NV, f##_9_##NV, f##_10_##NV, f##_11_##NV, f##_12_##NV                          \
    }
#else
#define TILE_INSTANCES(X, NV) X(1, NV) X(2, NV) X(3, NV) X(4, NV) X(5, NV) X(6, NV)
#define TILE_TABLE(f, NV)                                                                          \
    {                                                                                              \
        f##_1_##NV, f##_2_##NV, f##_3_##NV, f##_4_##NV, f##_5_##NV, f##_6_##NV                     \
    }
#endif

#endif
