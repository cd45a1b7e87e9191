#include "ops/kernels/transpose.h"

#include "core/threads.h"
#include "ops/kernels/gemm.h"
#include "ops/kernels/isa.h"
#include "ops/kernels/parallel.h"
#include "ops/kernels/sizes.h"

enum {
    ROWS = 1024, // of a block, which one thread takes
    COLUMNS = 64,
    THREAD_FLOATS = 65536 // below this much for each, a further thread does not pay
};

typedef struct blocks {
    int64_t rows, columns;           // of a matrix
    int64_t row_blocks, per_matrix;  // blocks
    const struct gra__gemm_table *k; // has the loop
    const float *x;
    float *y;
} blocks;

static void transpose_block(const blocks *b, int64_t block)
{
    const int64_t matrix = block / b->per_matrix * b->rows * b->columns;
    const int64_t at = block % b->per_matrix;
    const int64_t i = at % b->row_blocks * ROWS, j = at / b->row_blocks * COLUMNS;
    const int64_t rows = smaller(b->rows - i, ROWS);
    b->k->transpose(rows, smaller(b->columns - j, COLUMNS), b->x + matrix + i * b->columns + j,
                    b->columns, b->y + matrix + j * b->rows + i, b->rows, NULL, rows);
}

void gra__transpose_f32(int64_t count, int64_t rows, int64_t columns, const float *x, float *y)
{
    const int64_t row_blocks = (rows + ROWS - 1) / ROWS;
    const int64_t column_blocks = (columns + COLUMNS - 1) / COLUMNS;
    const blocks b = {
        rows, columns, row_blocks, row_blocks * column_blocks, gra__kernels_get()->gemm, x, y};
    const int64_t units = count * b.per_matrix, worth = count * rows * columns / THREAD_FLOATS;
    EACH_ITEM((int)smaller(gra__threads(), smaller(units, worth)), units,
              transpose_block(&b, item));
}
