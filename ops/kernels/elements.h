/* Element types and the loop over them, for the sources of elementwise loops.
 *
 * May include: isa.h. For loop sources only. S stands for the short name of an element type: f32, f64,
 * i64, i32, u8, b8 (bool) and, for copies, b16 (bfloat16).
 *
 *     EACH(VECTOR, const value_f32 x = ((const f32 *)xp)[i]; ((f32 *)yp)[i] = x * x);
 */
#ifndef GRA_OPS_KERNELS_ELEMENTS_H
#define GRA_OPS_KERNELS_ELEMENTS_H

#include <stddef.h>
#include <stdint.h>

#include "ops/kernels/isa.h"

/* Elements in memory may lie at any byte. */
#define UNALIGNED __attribute__((aligned(1), may_alias))
typedef float f32 UNALIGNED;
typedef double f64 UNALIGNED;
typedef uint16_t b16 UNALIGNED;
typedef int64_t i64 UNALIGNED;
typedef int32_t i32 UNALIGNED;
typedef uint8_t u8 UNALIGNED;
typedef uint8_t b8 UNALIGNED;
typedef uint16_t u16 UNALIGNED;
typedef uint32_t u32 UNALIGNED;
typedef uint64_t u64 UNALIGNED;

/* The same in registers; bfloat16 computes as float. */
typedef float value_f32;
typedef double value_f64;
typedef float value_b16;
typedef int64_t value_i64;
typedef int32_t value_i32;
typedef uint8_t value_u8;
typedef uint8_t value_b8;
typedef uint16_t value_u16;
typedef uint32_t value_u32;
typedef uint64_t value_u64;

/* The type to add and multiply in, so that integers wrap around. */
typedef float wide_f32;
typedef double wide_f64;
typedef uint64_t wide_i64;
typedef uint32_t wide_i32;
typedef uint32_t wide_u8;

#define FLOATS(M, ...) M(__VA_ARGS__, f32) M(__VA_ARGS__, f64)
#define SIGNED(M, ...) FLOATS(M, __VA_ARGS__) M(__VA_ARGS__, i64) M(__VA_ARGS__, i32)
#define NUMBERS(M, ...) SIGNED(M, __VA_ARGS__) M(__VA_ARGS__, u8)

/* A loop is marked VECTOR where every iteration is straight-line code, and CALLS where it calls
 * libm. */
#define MARK_VECTOR GRA_INDEPENDENT
#define MARK_CALLS

#define AT(T, base, stride) (*(T *)((base) + (ptrdiff_t)i * (stride)))
#define EACH(mark, ...)                                                                            \
    do {                                                                                           \
        MARK_##mark for (size_t i = 0; i < n; i++)                                                 \
        {                                                                                          \
            __VA_ARGS__;                                                                           \
        }                                                                                          \
    } while (0)

#endif
