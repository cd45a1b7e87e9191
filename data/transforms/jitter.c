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

/* What is done to an image. */
typedef struct change {
    float factor;
    float mean; /* of contrast: the image's grey; 0 for brightness */
    float most; /* 255 or 1 */
} change;

/* Comparisons, which compilers make fast code of, as they do not of fminf and fmaxf. */
static inline float within(float value, float most)
{
    return value < 0 ? 0 : value > most ? most : value;
}

static inline float larger(float a, float b)
{
    return a > b ? a : b;
}

static inline float smaller(float a, float b)
{
    return a < b ? a : b;
}

/* ---- brightness and contrast: of each number alone ---- */

static void scale_bytes(const gra__rgb *x, const change *c, const gra__rgb *y)
{
    uint8_t table[256];
    for (int i = 0; i < 256; i++)
        table[i] = (uint8_t)within(c->factor * (float)i + (1 - c->factor) * c->mean, c->most);
    for (int channel = 0; channel < 3; channel++)
        gra__map_bytes(x, channel, table, y);
}

static void scale_floats(const gra__rgb *x, const change *c, const gra__rgb *y)
{
    const float shift = (1 - c->factor) * c->mean;
    for (int64_t row = 0; row < x->height; row++)
        for (int channel = 0; channel < 3; channel++) {
            const float *const a = (const float *)x->data + channel * x->channel + row * x->row;
            float *const b = (float *)y->data + channel * y->channel + row * y->row;
            for (int64_t i = 0; i < x->width; i++)
                b[i * y->pixel] = within(c->factor * a[i * x->pixel] + shift, c->most);
        }
}

/* ---- saturation and hue: of a pixel's three colours together ---- */

static inline void saturate(const change *c, float p[3], float grey)
{
    for (int k = 0; k < 3; k++)
        p[k] = c->factor * p[k] + (1 - c->factor) * grey;
}

/* The hue of a pixel in 0 .. 1, by which of its colours is the largest. */
static inline float hue_of(const float p[3], float most, float chroma)
{
    if (chroma == 0)
        return 0;
    float h = 4 + (p[0] - p[1]) / chroma;
    if (p[0] == most)
        h = (p[1] - p[2]) / chroma;
    else if (p[1] == most)
        h = 2 + (p[2] - p[0]) / chroma;
    return h < 0 ? h / 6 + 1 : h / 6;
}

/* Colour k of hue h is most - chroma * max(0, min(d, 4 - d, 1)), d = (n_k + 6 h) mod 6, with n = 5, 3, 1;
 * see "HSL and HSV" in any book of computer graphics. */
static inline void turn_hue(const change *c, float p[3])
{
    static const float n[3] = {5, 3, 1};
    const float most = larger(p[0], larger(p[1], p[2])), least = smaller(p[0], smaller(p[1], p[2]));
    const float chroma = most - least;
    float h = hue_of(p, most, chroma) + c->factor;
    h = h < 0 ? h + 1 : h >= 1 ? h - 1 : h;
    for (int k = 0; k < 3; k++) {
        const float sum = n[k] + 6 * h, d = sum >= 6 ? sum - 6 : sum;
        p[k] = most - chroma * larger(0, smaller(1, smaller(d, 4 - d)));
    }
}

/* Bytes are cut off after saturation and rounded after hue. */
static void change_bytes(const gra__rgb *x, const change *c, bool hue, const gra__rgb *y)
{
    for (int64_t row = 0; row < x->height; row++) {
        const uint8_t *a = (const uint8_t *)x->data + row * x->row;
        uint8_t *b = (uint8_t *)y->data + row * y->row;
        for (int64_t i = 0; i < x->width; i++, a += x->pixel, b += y->pixel) {
            const uint8_t red = a[0], green = a[x->channel], blue = a[2 * x->channel];
            float p[3] = {red, green, blue};
            if (hue)
                turn_hue(c, p);
            else
                saturate(c, p, gra__grey(red, green, blue));
            for (int k = 0; k < 3; k++)
                b[k * y->channel] = (uint8_t)within(p[k] + (hue ? 0.5f : 0), c->most);
        }
    }
}

static void change_floats(const gra__rgb *x, const change *c, bool hue, const gra__rgb *y)
{
    for (int64_t row = 0; row < x->height; row++) {
        const float *a = (const float *)x->data + row * x->row;
        float *b = (float *)y->data + row * y->row;
        for (int64_t i = 0; i < x->width; i++, a += x->pixel, b += y->pixel) {
            float p[3] = {a[0], a[x->channel], a[2 * x->channel]};
            if (hue)
                turn_hue(c, p);
            else
                saturate(c, p, gra__grey_f32(p[0], p[1], p[2]));
            for (int k = 0; k < 3; k++)
                b[k * y->channel] = within(p[k], c->most);
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

enum { BRIGHTNESS, CONTRAST, SATURATION, HUE };

static gra_tensor *change_colours(gra_tensor *x, int which, double factor)
{
    gra__rgb from, to;
    gra_tensor *const y = gra__rgb_of(JITTER, x, &from) ? gra__rgb_like(JITTER, x, &to) : NULL;
    if (!y)
        return NULL;
    const bool bytes = from.dtype == GRA_UINT8;
    const change c = {(float)factor, which == CONTRAST ? mean_grey(&from) : 0, bytes ? 255 : 1};
    if (which == BRIGHTNESS || which == CONTRAST)
        (bytes ? scale_bytes : scale_floats)(&from, &c, &to);
    else
        (bytes ? change_bytes : change_floats)(&from, &c, which == HUE, &to);
    return y;
}

static double draw_factor(const jitter *j, int which)
{
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
