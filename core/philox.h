/* philox.h - Philox4x32-10, a counter-based random number generator.
 *
 * Source: Salmon, Moraes, Dror, Shaw, "Parallel Random Numbers: As Easy as 1, 2, 3" (SC 2011).
 *
 * There is no state to advance: each 128-bit counter is scrambled on its own, so that any thread
 * may ask for any block in any order and get the same words on every machine. Only integers are
 * involved. Here the seed is the key, and the counter's two halves are named for their use:
 *
 *     counter word      0        1         2        3
 *                    +--------+---------+--------+---------+
 *                    | counter (64 bits)| stream (64 bits) |     low word first in each half
 *                    +--------+---------+--------+---------+
 *
 * Two blocks of one seed differ as soon as their stream or their counter does.
 *
 *     uint32_t bits[4];
 *     gra__philox(seed, stream, 0, bits);
 *     const float x = gra__uniform_from_bits(bits[0]);
 *
 * This header includes nothing of the library's own.
 */
#ifndef GRA_CORE_PHILOX_H
#define GRA_CORE_PHILOX_H

#include <stdint.h>

/* The block of four random words that belongs to (seed, stream, counter). */
static inline void gra__philox(uint64_t seed, uint64_t stream, uint64_t counter, uint32_t out[4])
{
    uint32_t c0 = (uint32_t)counter, c1 = (uint32_t)(counter >> 32);
    uint32_t c2 = (uint32_t)stream, c3 = (uint32_t)(stream >> 32);
    uint32_t k0 = (uint32_t)seed, k1 = (uint32_t)(seed >> 32);
    for (int round = 0; round < 10; round++) {
        const uint64_t p0 = (uint64_t)0xD2511F53u * c0;
        const uint64_t p1 = (uint64_t)0xCD9E8D57u * c2;
        c0 = (uint32_t)(p1 >> 32) ^ c1 ^ k0;
        c1 = (uint32_t)p1;
        c2 = (uint32_t)(p0 >> 32) ^ c3 ^ k1;
        c3 = (uint32_t)p0;
        /* The key steps by the golden ratio and by sqrt(3) - 1, as 32-bit fractions, so that every
         * round is a different permutation. */
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
    out[0] = c0, out[1] = c1, out[2] = c2, out[3] = c3;
}

/* A float in [0, 1). It keeps the upper 24 bits, which a float holds exactly, so that nothing is
 * rounded and 1 itself cannot come out.
 */
static inline float gra__uniform_from_bits(uint32_t bits)
{
    return (float)(bits >> 8) * 0x1p-24f;
}

/* A double in [0, 1) from the upper 53 of 64 bits, for the same reason. */
static inline double gra__uniform_double(uint32_t hi, uint32_t lo)
{
    return (double)((((uint64_t)hi << 32) | lo) >> 11) * 0x1p-53;
}

#endif
