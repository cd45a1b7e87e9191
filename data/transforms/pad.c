/* pad.c - gra_transforms_pad. */
#include "data/transforms/pad.h"

#include <math.h>
#include <string.h>

#include "core/alloc_cache.h"
#include "core/error.h"
#include "data/transforms/options.h"

uint8_t gra__fill_u8(double fill)
{
    return (uint8_t)fmin(255, fmax(0, rint(fill)));
}

bool gra__margins_are_fine(const char *op, const gra__margins *m)
{
    const int64_t most = INT32_MAX, all[] = {m->left, m->top, m->right, m->bottom};
    for (int i = 0; i < 4; i++)
        if (all[i] < 0 || all[i] > most) {
            gra_fail("%s: a padding of %lld pixels is out of range; at least 0 is needed", op,
                     (long long)all[i]);
            return false;
        }
    if (m->mode >= GRA_TRANSFORMS_CONSTANT && m->mode <= GRA_TRANSFORMS_EDGE && isfinite(m->fill))
        return true;
    gra_fail("%s: mode %d with fill %g is no way to pad", op, (int)m->mode, m->fill);
    return false;
}

/* Which of `size` places a place of the margin shows; -1: none. */
static int64_t source_of(int64_t at, int64_t size, gra_transforms_pad_mode mode)
{
    if (at >= 0 && at < size)
        return at;
    if (mode == GRA_TRANSFORMS_CONSTANT)
        return -1;
    if (mode == GRA_TRANSFORMS_EDGE)
        return at < 0 ? 0 : size - 1;
    return at < 0 ? -at : 2 * (size - 1) - at;
}

static void fill(const gra__pixels *p, int64_t plane, int64_t row, int64_t from, int64_t count,
                 double value)
{
    if (p->dtype == GRA_UINT8)
        memset(gra__row_u8(p, plane, row) + from * p->depth, gra__fill_u8(value),
               (size_t)(count * p->depth));
    else
        for (int64_t i = from * p->depth; i < (from + count) * p->depth; i++)
            gra__row_f32(p, plane, row)[i] = (float)value;
}

static void pad_row(const gra__pixels *x, const gra__margins *m, int64_t plane,
                    const gra__pixels *y, int64_t row)
{
    const int64_t source = source_of(row - m->top, x->height, m->mode);
    if (source < 0) {
        fill(y, plane, row, 0, y->width, m->fill);
        return;
    }
    gra__copy_pixels(x, plane, source, 0, x->width, y, row, m->left);
    if (m->mode == GRA_TRANSFORMS_CONSTANT) {
        fill(y, plane, row, 0, m->left, m->fill);
        fill(y, plane, row, m->left + x->width, m->right, m->fill);
        return;
    }
    for (int64_t i = 0; i < m->left; i++)
        gra__copy_pixels(x, plane, source, source_of(i - m->left, x->width, m->mode), 1, y, row, i);
    for (int64_t i = m->left + x->width; i < y->width; i++)
        gra__copy_pixels(x, plane, source, source_of(i - m->left, x->width, m->mode), 1, y, row, i);
}

static bool can_reflect(const char *op, const gra__pixels *x, const gra__margins *m)
{
    const int64_t across = m->left > m->right ? m->left : m->right;
    const int64_t down = m->top > m->bottom ? m->top : m->bottom;
    if (m->mode != GRA_TRANSFORMS_REFLECT || (across < x->width && down < x->height))
        return true;
    gra_fail("%s: an image of %lld x %lld has not enough pixels to reflect for a padding of %lld "
             "down and %lld across; less than its sides are possible",
             op, (long long)x->height, (long long)x->width, (long long)down, (long long)across);
    return false;
}

gra_tensor *gra__pad(const char *op, gra_tensor *x, const gra__margins *m)
{
    gra__pixels from, to;
    if (!gra__pixels_of(op, x, &from) || !can_reflect(op, &from, m))
        return NULL;
    if (m->left + m->top + m->right + m->bottom == 0)
        return x;
    gra_tensor *const y = gra__pixels_new(op, &from, from.height + m->top + m->bottom,
                                          from.width + m->left + m->right, &to);
    for (int64_t plane = 0; y && plane < to.planes; plane++)
        for (int64_t row = 0; row < to.height; row++)
            pad_row(&from, m, plane, &to, row);
    return y;
}

/* ---- the transform ---- */

#define PAD "gra_transforms_pad"

static gra_tensor *pad_apply(const gra_transform *t, gra_tensor *x)
{
    return gra__pad(PAD, x, gra_transform_data(t));
}

static const gra_transform_class pad_class = {.name = "pad", .apply = pad_apply};

gra_transform *gra_transforms_pad_with(gra_transforms_pad_options o)
{
    const gra__margins m = {o.left + o.padding,
                            o.top + o.padding,
                            o.right + o.padding,
                            o.bottom + o.padding,
                            o.fill,
                            o.mode};
    return gra__margins_are_fine(PAD, &m) ? gra__transform_of(&pad_class, &m, sizeof m) : NULL;
}
