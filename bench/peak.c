/* peak.c - the machine's float32 peak: fused multiply-adds in registers and nothing else.
 *
 *   peak THREADS
 *
 * Each line on standard input is a number of seconds; the answer is the highest rate in GFLOP/s that
 * was reached in that time by all threads together.  The widest instruction set of the processor
 * counts, whatever GRADUS_ISA says.
 */
#include "timing.h"

#include <stdio.h>
#include <stdlib.h>

/* Each accumulator waits for itself only, so a processor that does two vectors a cycle, each in four
 * to five cycles, is kept busy; with a and b they fill the 16 registers of AVX2. */
#define ACCUMULATORS 14
#define EACH_ACCUMULATOR(X)                                                                        \
    X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11) X(12) X(13)
#define DECLARE(i)                                                                                 \
    vector c##i = {0};                                                                             \
    c##i += seed + i; /* all different, or they would be one */
#define STEP(i) c##i = c##i * a + b;
#define ADD_UP(i) sum += c##i;

#define DEFINE_LOOP(name, lanes, attributes)                                                       \
    attributes static float name(long rounds, float seed)                                          \
    {                                                                                              \
        typedef float vector __attribute__((vector_size(4 * lanes)));                              \
        vector a = {0}, b = {0}, sum = {0};                                                        \
        a += 0.99f;                                                                                \
        b += 0.01f * seed;                                                                         \
        EACH_ACCUMULATOR(DECLARE)                                                                  \
        for (long i = 0; i < rounds; i++) {                                                        \
            EACH_ACCUMULATOR(STEP)                                                                 \
        }                                                                                          \
        EACH_ACCUMULATOR(ADD_UP)                                                                   \
        return sum[0];                                                                             \
    }

DEFINE_LOOP(loop_baseline, 4, )
#ifdef __x86_64__
DEFINE_LOOP(loop_avx2, 8, __attribute__((target("avx2,fma"))))
DEFINE_LOOP(loop_avx512, 16, __attribute__((target("avx512f"))))
#endif

typedef struct {
    float (*run)(long rounds, float seed);
    int lanes;
} loop;

static loop widest(void)
{
#ifdef __x86_64__
    if (__builtin_cpu_supports("avx512f"))
        return (loop){loop_avx512, 16};
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        return (loop){loop_avx2, 8};
#endif
    return (loop){loop_baseline, 4};
}

/* GFLOP/s of all threads in one go of some milliseconds. */
static double rate(const loop *l, int threads)
{
    const long rounds = 1000000;
    static volatile float seed = 1; /* read and written, so that the compiler must do the work */
    float sum = 0;
    const double start = bench_milliseconds();
#pragma omp parallel for num_threads(threads) schedule(static, 1) reduction(+ : sum)
    for (int i = 0; i < threads; i++)
        sum += l->run(rounds, seed);
    seed = sum > 0 ? 1 : 2;
    const double milliseconds = bench_milliseconds() - start;
    return 2e-6 * ACCUMULATORS * l->lanes * (double)rounds * threads / milliseconds;
}

int main(int argc, char **argv)
{
    const int threads = argc == 2 ? atoi(argv[1]) : 0;
    if (threads < 1) {
        fprintf(stderr, "usage: peak THREADS\n");
        return 2;
    }
    const loop l = widest();
    double seconds;
    while (scanf("%lf", &seconds) == 1) {
        double best = 0;
        const double end = bench_milliseconds() + 1e3 * seconds;
        do {
            const double now = rate(&l, threads);
            best = now > best ? now : best;
        } while (bench_milliseconds() < end);
        printf("%.3f\n", best);
        fflush(stdout);
    }
    printf("%.1f\n", bench_peak_megabytes());
    return 0;
}
