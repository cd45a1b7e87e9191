/* Many matrices of float32 turned around: how images change between row-major and channels-last.
 *
 * May include: nothing of Gradus.
 *
 *     gra__transpose_f32(n, c, h * w, x, y);      x[n][c][h * w] -> y[n][h * w][c]
 */
#ifndef GRA_OPS_KERNELS_TRANSPOSE_H
#define GRA_OPS_KERNELS_TRANSPOSE_H

#include <stdint.h>

/* y[b][j][i] = x[b][i][j] for b < count, i < rows, j < columns; x and y do not overlap. */
void gra__transpose_f32(int64_t count, int64_t rows, int64_t columns, const float *x, float *y);

#endif
