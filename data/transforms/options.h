/* options.h - what transforms are told: checks that several of them share. */
#ifndef GRA_DATA_TRANSFORMS_OPTIONS_H
#define GRA_DATA_TRANSFORMS_OPTIONS_H

#include "data/transform.h"

/* One side for a square, or, where it is 0, two. */
typedef struct gra__sides {
    int64_t size, height, width;
} gra__sides;

static inline int64_t gra__height_of(const gra__sides *s)
{
    return s->size ? s->size : s->height;
}

static inline int64_t gra__width_of(const gra__sides *s)
{
    return s->size ? s->size : s->width;
}

/* Each is false with an error that names op, a function of transforms.h, where it does not hold. */
bool gra__sides_are_fine(const char *op, gra__sides s);
bool gra__is_probability(const char *op, double p);
bool gra__is_at_least_0(const char *op, const char *name, double value);

/* least < range[0] <= range[1] <= most, or least <= where that is 0 and `open` is false. */
bool gra__is_range(const char *op, const char *name, const double range[2], double least,
                   double most);

/* A new transform with a copy of `size` bytes as its data. */
gra_transform *gra__transform_of(const gra_transform_class *class_, const void *data, size_t size);

/* An area of an image of height x width, drawn as a part `scale` of it, with a ratio of one side to the
 * other that is drawn uniformly in its logarithm: both square roots. */
void gra__draw_area(int64_t height, int64_t width, const double scale[2], const double ratio[2],
                    double *along, double *across);

#endif
