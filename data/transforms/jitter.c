/* jitter.c - gra_transforms_color_jitter.
 *
 *     brightness   f x
 *     contrast     f x + (1 - f) m         m: the mean of the image's greys
 *     saturation   f x + (1 - f) g         g: the pixel's own grey
 *     hue          h + f, modulo 1         in hue, saturation and value
 *
 * each kept within 0 .. 255, or 0 .. 1, and bytes cut off to whole numbers, as torchvision does.
 */
#include <math.h>

#include "core/error.h"
#include "core/random.h"
#include "data/transforms/colours.h"
#include "data/transforms/options.h"

#define JITTER "gra_transforms_color_jitter"

typedef struct jitter {
    double reach[4]; /* of brightness, contrast, saturation, hue; 0: not at all */
} jitter;

/* One pixel at a time, as floats in 0 .. 255 or 0 .. 1. */
typedef struct change {
    float factor, mean, most; /* most: 255 or 1 */
} change;

static void to_brightness(const change *c, float p[3])
{
    for (int k = 0; k < 3; k++)
        p[k] = c->factor * p[k];
}

static void to_contrast(const change *c, float p[3])
{
    for (int k = 0; k < 3; k++)
        p[k] = c->factor * p[k] + (1 - c->factor) * c->mean;
}

static float grey_of(const change *c, const float p[3])
{
    return c->most > 1 ? (float)gra__grey((uint8_t)p[0], (uint8_t)p[1], (uint8_t)p[2])
                       : gra__grey_f32(p[0], p[1], p[2]);
}

static void to_saturation(const change *c, float p[3])
{
    const float grey = grey_of(c, p);
    for (int k = 0; k < 3; k++)
        p[k] = c->factor * p[k] + (1 - c->factor) * grey;
}

/* The hue of a pixel in 0 .. 1, by which of its colours is the largest. */
static float hue_of(const float p[3], float most, float chroma)
{
    if (chroma == 0)
        return 0;
    float h = 4 + (p[0] - p[1]) / chroma;
    if (p[0] == most)
        h = (p[1] - p[2]) / chroma;
    else if (p[1] == most)
        h = 2 + (p[2] - p[0]) / chroma;
    h /= 6;
    return h - floorf(h);
}

/* Colour k of hue h is most - chroma * max(0, min(d, 4 - d, 1)), d = (n_k + 6 h) mod 6, with n = 5, 3, 1;
 * see "HSL and HSV" in any book of computer graphics. */
static void to_hue(const change *c, float p[3])
{
    static const float n[3] = {5, 3, 1};
    const float most = fmaxf(p[0], fmaxf(p[1], p[2])), least = fminf(p[0], fminf(p[1], p[2]));
    const float chroma = most - least;
    float h = hue_of(p, most, chroma) + c->factor;
    h -= floorf(h);
    for (int k = 0; k < 3; k++) {
        const float d = fmodf(n[k] + 6 * h, 6);
        p[k] = most - chroma * fmaxf(0, fminf(1, fminf(d, 4 - d)));
    }
    if (c->most > 1)
        for (int k = 0; k < 3; k++)
            p[k] += 0.5f; /* to the nearest */
}

typedef void (*pixel_function)(const change *c, float p[3]);

static void change_row(const gra__rgb *x, int64_t row, pixel_function f, const change *c,
                       const gra__rgb *y)
{
    for (int64_t i = 0; i < x->width; i++) {
        float p[3];
        const int64_t at = row * x->row + i * x->pixel, to = row * y->row + i * y->pixel;
        for (int k = 0; k < 3; k++)
            p[k] = x->dtype == GRA_UINT8 ? (float)((const uint8_t *)x->data)[at + k * x->channel]
                                         : ((const float *)x->data)[at + k * x->channel];
        f(c, p);
        for (int k = 0; k < 3; k++) {
            const float value = fminf(c->most, fmaxf(0, p[k]));
            if (x->dtype == GRA_UINT8)
                ((uint8_t *)y->data)[to + k * y->channel] = (uint8_t)value;
            else
                ((float *)y->data)[to + k * y->channel] = value;
        }
    }
}

/* Of bytes rounded, as Pillow's enhancer does it. */
static float mean_grey(const gra__rgb *x)
{
    double sum = 0;
    for (int64_t row = 0; row < x->height; row++)
        for (int64_t i = 0; i < x->width; i++) {
            const int64_t at = row * x->row + i * x->pixel;
            const uint8_t *const bytes = (const uint8_t *)x->data + at;
            const float *const floats = (const float *)x->data + at;
            sum += x->dtype == GRA_UINT8
                       ? gra__grey(bytes[0], bytes[x->channel], bytes[2 * x->channel])
                       : gra__grey_f32(floats[0], floats[x->channel], floats[2 * x->channel]);
        }
    const double mean = sum / (double)(x->height * x->width);
    return (float)(x->dtype == GRA_UINT8 ? floor(mean + 0.5) : mean);
}

static gra_tensor *change_colours(gra_tensor *x, int which, double factor)
{
    static const pixel_function functions[] = {to_brightness, to_contrast, to_saturation, to_hue};
    enum { CONTRAST = 1 };
    gra__rgb from, to;
    gra_tensor *const y = gra__rgb_of(JITTER, x, &from) ? gra__rgb_like(JITTER, x, &to) : NULL;
    if (!y)
        return NULL;
    const change c = {(float)factor, which == CONTRAST ? mean_grey(&from) : 0,
                      from.dtype == GRA_UINT8 ? 255 : 1};
    for (int64_t row = 0; row < from.height; row++)
        change_row(&from, row, functions[which], &c, &to);
    return y;
}

static double draw_factor(const jitter *j, int which)
{
    enum { HUE = 3 };
    const double reach = j->reach[which];
    if (which == HUE)
        return gra_draw_uniform(-reach, reach);
    return gra_draw_uniform(fmax(0, 1 - reach), 1 + reach);
}

static gra_tensor *jitter_apply(const gra_transform *t, gra_tensor *x)
{
    const jitter *const j = gra_transform_data(t);
    int order[4];
    for (int i = 0; i < 4; i++) { /* Fisher and Yates */
        const int at = (int)gra_draw_int(0, i + 1);
        order[i] = order[at];
        order[at] = i;
    }
    for (int i = 0; i < 4 && x; i++)
        if (j->reach[order[i]] > 0)
            x = change_colours(x, order[i], draw_factor(j, order[i]));
    return x;
}

static const gra_transform_class jitter_class = {.name = "color_jitter", .apply = jitter_apply};

gra_transform *gra_transforms_color_jitter_with(gra_transforms_color_jitter_options o)
{
    const jitter j = {{o.brightness, o.contrast, o.saturation, o.hue}};
    static const char *const names[] = {"brightness", "contrast", "saturation", "hue"};
    for (int i = 0; i < 4; i++)
        if (!gra__is_at_least_0(JITTER, names[i], j.reach[i]))
            return NULL;
    if (o.hue > 0.5)
        return gra_fail(JITTER ": hue %g is out of range; at most 0.5, half of the circle, is "
                               "possible",
                        o.hue);
    return gra__transform_of(&jitter_class, &j, sizeof j);
}
