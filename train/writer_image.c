/* writer_image.c - images as PNG. */
#include <math.h>
#include <stdlib.h>

#include "core/error.h"
#include "core/tensor_struct.h"
#include "data/images/png_encode.h"
#include "train/writer_struct.h"

static const char op[] = "gra_writer_add_image";

/* 0 to 1 becomes 0 to 255, rounded down as PyTorch does it; NaN is black. */
static uint8_t byte_of(const gra_tensor *t, double value)
{
    const double scaled = gra_dtype_is_floating(t->dtype) ? value * 255 : value;
    return scaled >= 255 ? 255 : scaled > 0 ? (uint8_t)scaled : 0;
}

static uint8_t *pixels_of(const gra_tensor *t, int64_t c, int64_t h, int64_t w)
{
    uint8_t *const pixels = malloc((size_t)(c * h * w) + 1);
    const int64_t *const stride = t->stride + t->shape.count - 2;
    const int64_t of_channel = t->shape.count == 3 ? t->stride[0] : 0;
    if (!pixels)
        return gra_fail("%s: out of memory", op);
    uint8_t *at = pixels;
    for (int64_t y = 0; y < h; y++)
        for (int64_t x = 0; x < w; x++)
            for (int64_t k = 0; k < c; k++)
                *at++ = byte_of(t, gra__load(t, k * of_channel + y * stride[0] + x * stride[1]));
    return pixels;
}

static bool check_image(const gra_tensor *t)
{
    char text[GRA_SHAPE_TEXT];
    const bool plane = t->shape.count == 2;
    if ((!plane && t->shape.count != 3) ||
        (!plane && (t->shape.size[0] < 1 || t->shape.size[0] > 4)))
        gra_fail("%s: the image is of shape %s; [H, W] or [C, H, W] with 1 to 4 channels is needed",
                 op, gra_shape_text(t->shape, text));
    else if (!gra_dtype_is_floating(t->dtype) && t->dtype != GRA_UINT8)
        gra_fail("%s: the image is %s; uint8 in 0 to 255 or a floating type in 0 to 1 is needed",
                 op, gra_dtype_name(t->dtype));
    return !gra_error();
}

int gra_writer_add_image(gra_writer *writer, const char *tag, const gra_tensor *t, int64_t step)
{
    if (!t || !gra__writer_ready(writer, op, tag) || !check_image(t))
        return -1;
    const int dims = t->shape.count;
    const int64_t c = dims == 3 ? t->shape.size[0] : 1;
    const int64_t h = t->shape.size[dims - 2], w = t->shape.size[dims - 1];
    gra__event event = {.kind = GRA__EVENT_IMAGE, .tag = tag, .step = step};
    uint8_t *const pixels = pixels_of(t, c, h, w);
    const gra__png_pixels source = {
        .bytes = pixels, .height = h, .width = w, .channels = (int)c, .row_step = c * w};
    void *const png = pixels ? gra__png_encode(op, &source, &event.is.image.bytes) : NULL;
    event.is.image.png = png;
    event.is.image.height = (int)h;
    event.is.image.width = (int)w;
    event.is.image.channels = (int)c;
    const int result = png ? gra__writer_put(writer, op, &event) : -1;
    free(png);
    free(pixels);
    return result;
}
