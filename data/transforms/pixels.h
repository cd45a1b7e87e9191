/* pixels.h - an image as the loops over its pixels see it: planes of rows of pixels.
 *
 *     channels-last, strides (1, row, C):  one plane     R G B R G B ...   depth C
 *     row-major, strides (plane, row, 1):  C planes      R R R ... G G G   depth 1
 *
 * so that each loop is written once: over the planes, the rows, and width * depth neighbours.
 */
#ifndef GRA_DATA_TRANSFORMS_PIXELS_H
#define GRA_DATA_TRANSFORMS_PIXELS_H

#include "core/tensor_struct.h"

typedef struct gra__pixels {
    gra_dtype dtype; /* uint8 or float32 */
    void *data;
    int64_t channels, height, width;
    int64_t planes, depth;        /* planes * depth = channels */
    int64_t plane_step, row_step; /* in elements */
} gra__pixels;

/* Looks at x, which is made row-major first where neither layout fits. False with an error that names
 * op where x is no image of at least one pixel. */
bool gra__pixels_of(const char *op, gra_tensor *x, gra__pixels *p);

/* A new image of another size in the layout and dtype of p, in the current scope, and its pixels. */
gra_tensor *gra__pixels_new(const char *op, const gra__pixels *like, int64_t height, int64_t width,
                            gra__pixels *p);

/* Copies `count` pixels of a row, from pixel x of a to pixel to_x of b, an image of the same layout. */
void gra__copy_pixels(const gra__pixels *a, int64_t plane, int64_t y, int64_t x, int64_t count,
                      const gra__pixels *b, int64_t to_y, int64_t to_x);

static inline uint8_t *gra__row_u8(const gra__pixels *p, int64_t plane, int64_t y)
{
    return (uint8_t *)p->data + plane * p->plane_step + y * p->row_step;
}

static inline float *gra__row_f32(const gra__pixels *p, int64_t plane, int64_t y)
{
    return (float *)p->data + plane * p->plane_step + y * p->row_step;
}

#endif
