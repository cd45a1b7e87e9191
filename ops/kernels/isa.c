#include "ops/kernels/isa.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A minimal build for x86 may leave out the two faster copies with -DGRA_BASELINE_ONLY. */
#if defined(__x86_64__) && !defined(GRA_BASELINE_ONLY)
#define GRA__X86_LEVELS
#include <cpuid.h>
#endif

#define TABLES(isa)                                                                                \
    {                                                                                              \
#isa, &gra__elementwise_##isa, &gra__reduce_##isa, &gra__gemm_##isa, &gra__winograd_##isa, \
            &gra__channels_last_##isa, &gra__pool2d_nhwc_##isa, &gra__norm_##isa,                  \
            &gra__resample_##isa, &gra__optimizers_##isa, &gra__loss_##isa,                        \
            &gra__activations_##isa, &gra__row_norm_##isa                                          \
    }

extern const struct gra__gemm_table gra__gemm_baseline;
extern const struct gra__winograd_table gra__winograd_baseline;
extern const struct gra__channels_last_table gra__channels_last_baseline;
extern const struct gra__pool2d_nhwc_table gra__pool2d_nhwc_baseline;
extern const struct gra__norm_table gra__norm_baseline;
extern const struct gra__resample_table gra__resample_baseline;
extern const gra__optimizers_table gra__optimizers_baseline;
extern const struct gra__loss_table gra__loss_baseline;
extern const struct gra__activations_table gra__activations_baseline;
extern const struct gra__row_norm_table gra__row_norm_baseline;

#ifdef GRA__X86_LEVELS
extern const struct gra__gemm_table gra__gemm_avx2, gra__gemm_avx512;
extern const struct gra__winograd_table gra__winograd_avx2, gra__winograd_avx512;
extern const struct gra__channels_last_table gra__channels_last_avx2, gra__channels_last_avx512;
extern const struct gra__pool2d_nhwc_table gra__pool2d_nhwc_avx2, gra__pool2d_nhwc_avx512;
extern const struct gra__norm_table gra__norm_avx2, gra__norm_avx512;
extern const struct gra__resample_table gra__resample_avx2, gra__resample_avx512;
extern const gra__optimizers_table gra__optimizers_avx2, gra__optimizers_avx512;
extern const struct gra__loss_table gra__loss_avx2, gra__loss_avx512;
extern const struct gra__activations_table gra__activations_avx2, gra__activations_avx512;
extern const struct gra__row_norm_table gra__row_norm_avx2, gra__row_norm_avx512;

static const gra__kernels all[] = {TABLES(avx512), TABLES(avx2), TABLES(baseline)}; // Best first.

/* Three of the features of x86-64-v3 have no name in clang 14's __builtin_cpu_supports. */
static bool has_lzcnt_f16c_movbe(void)
{
    unsigned a, b, c, d, extended_c;
    return __get_cpuid(1, &a, &b, &c, &d) && __get_cpuid(0x80000001, &a, &b, &extended_c, &d) &&
           (extended_c >> 5 & 1) && (c >> 29 & 1) && (c >> 22 & 1);
}

/* x86-64-v3 and -v4; the builtin also asks the operating system whether it saves the wide
 * registers. */
static bool is_supported(const char *isa)
{
    if (strcmp(isa, "baseline") == 0)
        return true;
    __builtin_cpu_init();
    const bool v3 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
                    __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2") &&
                    has_lzcnt_f16c_movbe();
    if (strcmp(isa, "avx2") == 0)
        return v3;
    return v3 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") &&
           __builtin_cpu_supports("avx512cd");
}
#else
static const gra__kernels all[] = {TABLES(baseline)};

static bool is_supported(const char *isa)
{
    (void)isa;
    return true;
}
#endif

enum { COUNT = sizeof all / sizeof *all };

static pthread_once_t once = PTHREAD_ONCE_INIT;
static const gra__kernels *chosen;
static char warning[160];

static void choose(void)
{
    const char *wanted = getenv("GRADUS_ISA");
    const gra__kernels *best = NULL;
    for (int i = COUNT - 1; i >= 0; i--) {
        if (!is_supported(all[i].isa))
            continue;
        best = &all[i];
        if (wanted && strcmp(wanted, all[i].isa) == 0)
            chosen = &all[i];
    }
    if (chosen)
        return;
    chosen = best;
    if (wanted && *wanted)
        snprintf(warning, sizeof warning,
                 "GRADUS_ISA=%.32s is unknown here or not supported by this processor; using %s "
                 "(names: baseline, avx2, avx512)",
                 wanted, best->isa);
}

const gra__kernels *gra__kernels_get(void)
{
    pthread_once(&once, choose);
    return chosen;
}

const char *gra_isa(void)
{
    return gra__kernels_get()->isa;
}

const char *gra__isa_warning(void)
{
    pthread_once(&once, choose);
    return *warning ? warning : NULL;
}
