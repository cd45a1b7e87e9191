/* numbers.c - gra_transforms_to_tensor and gra_transforms_normalize.
 *
 *     to_tensor   y = x / 255        of bytes
 *     normalize   y = (x - mean) / std
 *
 * Both divide, as torchvision does, so that the numbers are the same bit for bit.
 */
#include "data/transforms/numbers.h"

#include <math.h>

#include "core/error.h"
#include "core/tensor_struct.h"
#include "data/transform_class.h"
#include "data/transforms.h"

/* What each channel's numbers are divided by and shifted. */
typedef struct scaling {
    int count; /* of channels: 1 for any number of them, 0 for no scaling */
    float mean[GRA_TRANSFORMS_CHANNELS], std[GRA_TRANSFORMS_CHANNELS];
} scaling;

/* What each of the 256 bytes becomes in a channel. */
static void fill_table(const scaling *s, int64_t channel, float table[256])
{
    const int64_t c = s->count == 1 ? 0 : channel;
    for (int i = 0; i < 256; i++) {
        table[i] = (float)i / 255;
        if (s->count)
            table[i] = (table[i] - s->mean[c]) / s->std[c];
    }
}

/* `count` numbers that lie `step` apart. */
static void look_up(const uint8_t *x, int64_t step, int64_t count, const float table[256], float *y)
{
    for (int64_t i = 0; i < count; i++)
        y[i] = table[x[i * step]];
}

static void copy_floats(const float *x, int64_t step, int64_t count, float *y)
{
    for (int64_t i = 0; i < count; i++)
        y[i] = x[i * step];
}

static void scale_floats(const float *x, int64_t step, int64_t count, float mean, float std,
                         float *y)
{
    for (int64_t i = 0; i < count; i++)
        y[i] = (x[i * step] - mean) / std;
}

/* One channel of height x width, into rows without gaps. */
static void convert_channel(const gra_tensor *x, int64_t at, const scaling *s, int64_t channel,
                            float *y)
{
    float table[256];
    const int64_t *const size = x->shape.size + x->shape.count - 2;
    const int64_t *const step = x->stride + x->shape.count - 2;
    const int64_t c = s->count == 1 ? 0 : channel;
    if (x->dtype == GRA_UINT8)
        fill_table(s, channel, table);
    for (int64_t row = 0; row < size[0]; row++, at += step[0], y += size[1]) {
        const float *const from = (const float *)gra__ptr(x) + at;
        if (x->dtype == GRA_UINT8)
            look_up((const uint8_t *)gra__ptr(x) + at, step[1], size[1], table, y);
        else if (s->count)
            scale_floats(from, step[1], size[1], s->mean[c], s->std[c], y);
        else
            copy_floats(from, step[1], size[1], y);
    }
}

/* x, [C, H, W] or [N, C, H, W] with any strides, into a new row-major tensor. */
static gra_tensor *convert(const char *op, gra_tensor *x, const scaling *s)
{
    gra_tensor *const y = gra__empty(op, x->shape, GRA_FLOAT32);
    const int first = x->shape.count - 3; /* the dim of the channels */
    const int64_t images = first ? x->shape.size[0] : 1, channels = x->shape.size[first];
    const int64_t area = x->shape.size[first + 1] * x->shape.size[first + 2];
    for (int64_t n = 0; y && n < images; n++)
        for (int64_t c = 0; c < channels; c++)
            convert_channel(x, n * (first ? x->stride[0] : 0) + c * x->stride[first], s, c,
                            (float *)gra__ptr(y) + (n * channels + c) * area);
    return y;
}

static bool is_image(const char *op, const gra_tensor *x, bool bytes_allowed)
{
    char text[GRA_SHAPE_TEXT];
    const bool dtype_fits = x->dtype == GRA_FLOAT32 || (bytes_allowed && x->dtype == GRA_UINT8);
    if (dtype_fits && (x->shape.count == 3 || x->shape.count == 4))
        return true;
    gra_fail(
        "%s: x is %s %s; %sfloat32 [C, H, W] or [N, C, H, W] is needed%s", op,
        gra_dtype_name(x->dtype), gra_shape_text(x->shape, text), bytes_allowed ? "uint8 or " : "",
        !bytes_allowed && x->dtype == GRA_UINT8 ? ", which gra_transforms_to_tensor() makes" : "");
    return false;
}

/* ---- to_tensor ---- */

static gra_tensor *to_tensor_apply(const gra_transform *t, gra_tensor *x)
{
    (void)t;
    return gra__to_tensor(x, NULL);
}

static const gra_transform_class to_tensor_class = {.name = "to_tensor", .apply = to_tensor_apply};

gra_transform *gra_transforms_to_tensor(void)
{
    return gra_transform_new(&to_tensor_class, 0);
}

bool gra__is_to_tensor(const gra_transform *t)
{
    return gra__transform_class(t) == &to_tensor_class;
}

/* ---- normalize ---- */

#define NORMALIZE "gra_transforms_normalize"

static bool channels_fit(const scaling *s, const gra_tensor *x)
{
    const int64_t channels = x->shape.size[x->shape.count - 3];
    if (s->count <= 1 || channels == s->count)
        return true;
    gra_fail(NORMALIZE ": x has %lld channels, mean and std are given for %d", (long long)channels,
             s->count);
    return false;
}

static gra_tensor *normalize_apply(const gra_transform *t, gra_tensor *x)
{
    const scaling *const s = gra_transform_data(t);
    return is_image(NORMALIZE, x, false) && channels_fit(s, x) ? convert(NORMALIZE, x, s) : NULL;
}

static const gra_transform_class normalize_class = {.name = "normalize", .apply = normalize_apply};

static gra_transform *wrong_std(int channel, double std)
{
    return gra_fail(NORMALIZE ": the std of channel %d is %g; a number above 0 is needed for each "
                              "channel that has a mean",
                    channel, std);
}

/* The channels are those that have a std. */
gra_transform *gra_transforms_normalize_with(gra_transforms_normalize_options o)
{
    scaling s = {0};
    for (int c = 0; c < GRA_TRANSFORMS_CHANNELS; c++) {
        if (o.std[c] != 0 || o.mean[c] != 0 || c == 0) {
            if (!((float)o.std[c] > 0 && isfinite((float)o.std[c])) || s.count < c)
                return wrong_std(s.count, o.std[s.count]);
            s.count = c + 1;
        }
        s.mean[c] = (float)o.mean[c];
        s.std[c] = (float)o.std[c];
    }
    gra_transform *const t = gra_transform_new(&normalize_class, sizeof s);
    if (t)
        *(scaling *)gra_transform_data(t) = s;
    return t;
}

bool gra__is_normalize(const gra_transform *t)
{
    return gra__transform_class(t) == &normalize_class;
}

gra_tensor *gra__to_tensor(gra_tensor *x, const gra_transform *normalize)
{
    static const scaling none = {0};
    const scaling *const s = normalize ? gra_transform_data(normalize) : &none;
    if (!is_image("gra_transforms_to_tensor", x, true) || !channels_fit(s, x))
        return NULL;
    if (x->dtype == GRA_FLOAT32 && s->count == 0)
        return x;
    return convert("gra_transforms_to_tensor", x, s);
}
