/* Which instruction set the kernels use, and the tables of loops compiled for it.
 *
 * May include: the headers of ops/kernels/ and core/dtype.h.
 *
 * Every loop source (elementwise.c, reduce.c, gemm.c) is written once and compiled once per
 * instruction set, with -DGRA_ISA=baseline, avx2 or avx512 and the machine flags to match. Each
 * copy exports one const table of function pointers, named by GRA_ISA_NAME; everything else in
 * those files is static. The best table the processor can run is chosen once per process. The
 * environment variable GRADUS_ISA=baseline|avx2|avx512 forces one, for tests.
 *
 *     const gra__kernels *k = gra__kernels_get();
 *     gra__binary_loop *add = k->elementwise->add[GRA_FLOAT32];
 *
 * The same numbers through another instruction set may differ in the last bits: FMA and the number
 * of lanes differ.
 */
#ifndef GRA_OPS_KERNELS_ISA_H
#define GRA_OPS_KERNELS_ISA_H

#include "ops/kernels/elementwise.h"
#include "ops/kernels/optimizers.h"
#include "ops/kernels/reduce.h"

struct gra__gemm_table;
struct gra__winograd_table;
struct gra__channels_last_table;
struct gra__pool2d_nhwc_table;
struct gra__norm_table;
struct gra__resample_table;
struct gra__loss_table;
struct gra__activations_table;
struct gra__row_norm_table;

typedef struct gra__kernels {
    const char *isa;                                      // "baseline", "avx2" or "avx512"
    const gra__elementwise_table *elementwise;            // elementwise.h
    const gra__reduce_table *reduce;                      // reduce.h
    const struct gra__gemm_table *gemm;                   // gemm.h
    const struct gra__winograd_table *winograd;           // winograd.h
    const struct gra__channels_last_table *channels_last; // channels_last.h
    const struct gra__pool2d_nhwc_table *pool2d_nhwc;     // pool2d_nhwc.h
    const struct gra__norm_table *norm;                   // norm.h
    const struct gra__resample_table *resample;           // resample.h
    const gra__optimizers_table *optimizers;              // optimizers.h
    const struct gra__loss_table *loss;                   // loss.h
    const struct gra__activations_table *activations;     // activations.h
    const struct gra__row_norm_table *row_norm;           // row_norm.h
} gra__kernels;

/* The tables in use; never NULL, the same from every thread and call. */
const gra__kernels *gra__kernels_get(void);

GRA_BEGIN_DECLS

/* The name of the instruction set in use. */
const char *gra_isa(void);

GRA_END_DECLS

/* Why GRADUS_ISA was not followed, or NULL: the library never prints. */
const char *gra__isa_warning(void);

#ifdef GRA_ISA /* The rest is for the loop sources only. */

#define GRA__PASTE_EXPANDED(a, b) a##_##b
#define GRA__PASTE(a, b) GRA__PASTE_EXPANDED(a, b)

/* gra__elementwise -> gra__elementwise_avx2 */
#define GRA_ISA_NAME(x) GRA__PASTE(x, GRA_ISA)

/* The width of a native vector register. */
#if defined(__AVX512F__)
#define GRA_VECTOR_BYTES 64
#elif defined(__AVX__)
#define GRA_VECTOR_BYTES 32
#else
#define GRA_VECTOR_BYTES 16
#endif

/* Put before a loop whose iterations are independent: exact aliasing (in place) is, partial overlap
 * is not. */
#if defined(__clang__)
#define GRA_INDEPENDENT _Pragma("clang loop vectorize(assume_safety)")
#pragma clang diagnostic ignored "-Wpass-failed" // Where it doesn't pay or isn't optimised: fine.
#else
#define GRA_INDEPENDENT _Pragma("GCC ivdep")
#endif

#endif
#endif
