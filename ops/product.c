/* product.c - one matrix product in any dtype. */
#include "ops/product.h"

#include "core/dry_run.h"
#include "core/error.h"
#include "ops/iterate.h"
#include "ops/kernels/blas.h"

bool gra__product_dtype(const char *op, gra_tensor *const *tensors, int count, gra_dtype *dtype)
{
    const gra_dtype first = tensors[0]->dtype;
    for (int i = 1; i < count; i++)
        if (tensors[i] && tensors[i]->dtype != first) {
            gra_fail("%s: dtypes %s and %s differ; convert one with gra_to", op,
                     gra_dtype_name(first), gra_dtype_name(tensors[i]->dtype));
            return false;
        }
    if (first == GRA_BOOL) {
        gra_fail("%s: dtype bool has no product; convert with gra_to", op);
        return false;
    }
    *dtype = first == GRA_BFLOAT16 ? GRA_FLOAT32 : gra_dtype_is_integer(first) ? GRA_INT64 : first;
    return true;
}

gra_tensor *gra__product_ready(gra_tensor *t, gra_dtype dtype)
{
    bool plain = t->dtype == dtype;
    for (int i = t->shape.count > 2 ? t->shape.count - 2 : 0; i < t->shape.count; i++)
        plain &= t->stride[i] != 0 || t->shape.size[i] == 1;
    return plain ? t : gra__row_major_copy(t, dtype);
}

/* A dim of size 1 may have any stride; this one is what a matrix without gaps would have. */
static gra__matrix tidied(gra__matrix a)
{
    if (a.rows == 1)
        a.row_step = a.column_step == 1 ? a.columns : 1;
    if (a.columns == 1)
        a.column_step = a.row_step == 1 ? a.rows : 1;
    return a;
}

gra__matrix gra__matrix_of(const gra_tensor *t)
{
    const int last = t->shape.count - 1;
    return tidied((gra__matrix){.data = gra__ptr(t),
                                .rows = t->shape.size[last - 1],
                                .columns = t->shape.size[last],
                                .row_step = t->stride[last - 1],
                                .column_step = t->stride[last]});
}

gra__matrix gra__matrix_transposed(gra__matrix a)
{
    return (gra__matrix){.data = a.data,
                         .rows = a.columns,
                         .columns = a.rows,
                         .row_step = a.column_step,
                         .column_step = a.row_step};
}

/* Unsigned, as what does not fit wraps around. */
static void product_int64(gra__matrix a, gra__matrix b, uint64_t *c, const uint64_t *bias)
{
    const uint64_t *const pa = a.data, *const pb = b.data;
    for (int64_t i = 0; i < a.rows; i++) {
        uint64_t *const row = c + i * b.columns;
        for (int64_t j = 0; j < b.columns; j++)
            row[j] = bias ? bias[j] : 0;
        for (int64_t p = 0; p < a.columns; p++) {
            const uint64_t value = pa[i * a.row_step + p * a.column_step];
            for (int64_t j = 0; j < b.columns; j++)
                row[j] += value * pb[p * b.row_step + j * b.column_step];
        }
    }
}

bool gra__product_is_by_rows(gra_dtype dtype, int64_t m, int64_t n, int64_t k)
{
    return (dtype == GRA_FLOAT32 || dtype == GRA_BFLOAT16) && gra__matmul_f32_is_by_rows(m, n, k);
}

void gra__product(gra_dtype dtype, gra__matrix a, gra__matrix b, void *c, const void *bias)
{
    if (gra__dry_run())
        return;
    switch (dtype) {
    case GRA_FLOAT32:
        gra__matmul_f32(&(gra__gemm_args){.m = a.rows,
                                          .n = b.columns,
                                          .k = a.columns,
                                          .a = a.data,
                                          .ars = a.row_step,
                                          .acs = a.column_step,
                                          .b = b.data,
                                          .brs = b.row_step,
                                          .bcs = b.column_step,
                                          .c = c,
                                          .crs = b.columns,
                                          .column_bias = bias});
        break;
    case GRA_FLOAT64:
        gra__matmul_f64(&(gra__gemm_args_f64){.m = a.rows,
                                              .n = b.columns,
                                              .k = a.columns,
                                              .a = a.data,
                                              .ars = a.row_step,
                                              .acs = a.column_step,
                                              .b = b.data,
                                              .brs = b.row_step,
                                              .bcs = b.column_step,
                                              .c = c,
                                              .crs = b.columns,
                                              .column_bias = bias});
        break;
    default: product_int64(a, b, c, bias); break;
    }
}
