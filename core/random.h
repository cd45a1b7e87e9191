/* random.h - random numbers from a counter-based generator (Philox4x32-10).
 *
 * A draw of n numbers is a function of the seed, the generator's position and the index alone, so the
 * same seed gives the same bits on any number of threads.  Source: Salmon et al., "Parallel random
 * numbers: as easy as 1, 2, 3", SC 2011.
 *
 *     gra_manual_seed(1);
 *     gra_tensor *w = gra_randn(GRA_SHAPE(6, 1, 5, 5));
 */
#ifndef GRA_CORE_RANDOM_H
#define GRA_CORE_RANDOM_H

#include "create.h"

GRA_BEGIN_DECLS

typedef struct gra_generator gra_generator;

/* A generator of its own, to be freed by the caller. */
gra_generator *gra_generator_new(uint64_t seed);

/* Seeds the default generator of this thread and sets it to its beginning. Unseeded, it starts from
 * 0, the same in every run. */
void gra_manual_seed(uint64_t seed);
void gra_generator_seed(gra_generator *generator, uint64_t seed);

/* Where a generator stands: what it draws next is a function of this alone. NULL is the thread's default
 * generator. */
typedef struct gra_generator_state {
    uint64_t seed;
    uint64_t position;
} gra_generator_state;

gra_generator_state gra_generator_get_state(const gra_generator *generator);
void gra_generator_set_state(gra_generator *generator, gra_generator_state state);

typedef struct gra_random_options {
    int begin_;
    gra_shape shape;
    gra_dtype dtype;          /* GRA_FLOAT32; a floating type */
    gra_generator *generator; /* NULL: the thread's default */
    bool requires_grad;       /* false */
} gra_random_options;

typedef struct gra_randint_options {
    int begin_;
    int64_t low, high;
    gra_shape shape;
    gra_generator *generator; /* NULL: the thread's default */
} gra_randint_options;

gra_random_options gra_random_defaults(void);
gra_randint_options gra_randint_defaults(void);

gra_tensor *gra_rand_with(gra_random_options options);         /* uniform in [0, 1) */
gra_tensor *gra_randn_with(gra_random_options options);        /* normal, mean 0, deviation 1 */
gra_tensor *gra_randint_with(gra_randint_options options);     /* int64, uniform in [low, high) */
gra_tensor *gra_randperm(int64_t n, gra_generator *generator); /* 0 .. n-1 in random order, int64 */

#ifndef __cplusplus
#define gra_rand(...) gra_rand_with(GRA_KEYWORDS(gra_random_options, .begin_ = 0, __VA_ARGS__))
#define gra_randn(...) gra_randn_with(GRA_KEYWORDS(gra_random_options, .begin_ = 0, __VA_ARGS__))
#define gra_randint(...)                                                                           \
    gra_randint_with(GRA_KEYWORDS(gra_randint_options, .begin_ = 0, __VA_ARGS__))
#endif

/* Overwrites t with uniform numbers in [low, high) or with normal ones; not recorded. Return t. Errors:
 * low above high, a negative deviation, and, while ops are recorded, the result of an op. */
gra_tensor *gra_uniform_(gra_tensor *t, double low, double high);
gra_tensor *gra_normal_(gra_tensor *t, double mean, double deviation);

/* One number of the thread's default generator, without a tensor: uniform in [low, high), a whole one
 * uniform in [low, high), a normal one. An empty range gives low, without an error. */
double gra_draw_uniform(double low, double high);
int64_t gra_draw_int(int64_t low, int64_t high);
double gra_draw_normal(double mean, double deviation);

GRA_END_DECLS

#endif
