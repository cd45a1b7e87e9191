/* dtype.h - element types and how they promote.
 *
 * Promotion follows PyTorch: bool < integers < floating point; uint8 with int32 gives int32;
 * bfloat16 with float32 gives float32; an integer tensor meeting a floating one takes its type.
 * True division and transcendental functions of integers give the default float, float32.
 */
#ifndef GRA_CORE_DTYPE_H
#define GRA_CORE_DTYPE_H

#include "common.h"

GRA_BEGIN_DECLS

typedef enum gra_dtype {
    GRA_FLOAT32,  /* IEEE binary32, the default */
    GRA_FLOAT64,  /* IEEE binary64 */
    GRA_BFLOAT16, /* upper half of a binary32, round to nearest even */
    GRA_INT64,    /* class indices, argmax, positions */
    GRA_INT32,
    GRA_UINT8, /* images, raw bytes */
    GRA_BOOL,  /* one byte, 0 or 1 */
} gra_dtype;

#define GRA_DTYPE_COUNT 7

size_t gra_dtype_size(gra_dtype dtype);                /* bytes of one element */
const char *gra_dtype_name(gra_dtype dtype);           /* "float32", as in PyTorch's repr */
bool gra_dtype_is_floating(gra_dtype dtype);           /* float32, float64, bfloat16 */
bool gra_dtype_is_integer(gra_dtype dtype);            /* int64, int32, uint8; bool is neither */
gra_dtype gra_promote_types(gra_dtype a, gra_dtype b); /* the smallest type that holds both */

GRA_END_DECLS

#endif
