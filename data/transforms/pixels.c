/* pixels.c - the layouts of images. */
#include "data/transforms/pixels.h"

#include <string.h>

#include "core/error.h"
#include "ops/ops.h"

/* Whether pixels follow each other in memory, one channel at a time or all of them. */
static bool is_channels_last(const gra_tensor *x)
{
    const int64_t *const size = x->shape.size, *const stride = x->stride;
    return (stride[0] == 1 || size[0] == 1) && (stride[2] == size[0] || size[2] == 1) &&
           size[0] > 1;
}

static bool is_planar(const gra_tensor *x)
{
    return x->stride[2] == 1 || x->shape.size[2] == 1;
}

bool gra__pixels_of(const char *op, gra_tensor *x, gra__pixels *p)
{
    char text[GRA_SHAPE_TEXT];
    if (!x)
        return false;
    if (x->shape.count != 3 || x->numel == 0 ||
        (x->dtype != GRA_UINT8 && x->dtype != GRA_FLOAT32)) {
        gra_fail("%s: x is %s %s; an image is needed: uint8 or float32 [C, H, W]", op,
                 gra_dtype_name(x->dtype), gra_shape_text(x->shape, text));
        return false;
    }
    if (!is_channels_last(x) && !is_planar(x) && !(x = gra_contiguous(x)))
        return false;
    const int64_t *const size = x->shape.size;
    const bool last = is_channels_last(x);
    *p = (gra__pixels){.dtype = x->dtype,
                       .data = gra__ptr(x),
                       .channels = size[0],
                       .height = size[1],
                       .width = size[2],
                       .planes = last ? 1 : size[0],
                       .depth = last ? size[0] : 1,
                       .plane_step = x->stride[0],
                       .row_step = x->stride[1]};
    return true;
}

gra_tensor *gra__pixels_new(const char *op, const gra__pixels *like, int64_t height, int64_t width,
                            gra__pixels *p)
{
    const int64_t c = like->channels, depth = like->depth;
    const bool last = depth > 1;
    const int64_t stride[3] = {last ? 1 : height * width, width * depth, depth};
    gra_tensor *const y = gra__empty_strided(op, GRA_SHAPE(c, height, width), stride, like->dtype);
    if (!y)
        return NULL;
    *p = *like;
    p->data = gra__ptr(y);
    p->height = height;
    p->width = width;
    p->plane_step = height * width;
    p->row_step = width * depth;
    return y;
}

void gra__copy_pixels(const gra__pixels *a, int64_t plane, int64_t y, int64_t x, int64_t count,
                      const gra__pixels *b, int64_t to_y, int64_t to_x)
{
    const size_t bytes = (size_t)(count * a->depth) * gra_dtype_size(a->dtype);
    if (a->dtype == GRA_UINT8)
        memcpy(gra__row_u8(b, plane, to_y) + to_x * a->depth,
               gra__row_u8(a, plane, y) + x * a->depth, bytes);
    else
        memcpy(gra__row_f32(b, plane, to_y) + to_x * a->depth,
               gra__row_f32(a, plane, y) + x * a->depth, bytes);
}
