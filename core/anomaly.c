/* anomaly.c - finding NaN and infinities, and noting where nodes come from. */
#include "anomaly.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "dry_run.h"
#include "error.h"
#include "error_path.h"
#include "lines.h"

GRA__HOT gra__anomaly_mode gra__anomaly;

static _Thread_local gra__line noted;

void gra_note_line(const char *file, int line)
{
    noted = (gra__line){file, line};
}

gra__line gra__noted_line(void)
{
    return noted;
}

void gra__line_text(char *text, size_t size)
{
    text[0] = 0;
    if (noted.file)
        snprintf(text, size, "%s:%d", noted.file, noted.number);
}

bool gra__note_origin(gra_node *node)
{
    char line[GRA__ORIGIN / 2], module[GRA__ORIGIN / 2], text[GRA__ORIGIN];
    gra__line_text(line, sizeof line);
    gra__path_text(module, sizeof module);
    snprintf(text, sizeof text, "%s%s%s%s%s", line[0] ? "at " : "", line,
             line[0] && module[0] ? " " : "", module[0] ? "in module " : "", module);
    if (!text[0])
        return true;
    gra__extra *const extra = gra__node_extra(node);
    if (extra && !(extra->origin = strdup(text)))
        gra_fail("gra_detect_anomaly: out of memory");
    return extra && extra->origin;
}

/* ---- looking ---- */

static bool is_anomaly(double value, bool allow_infinity)
{
    return allow_infinity ? isnan(value) : !isfinite(value);
}

/* Whether one of the elements of a row-major tensor of float32 or float64 is not finite. */
static bool any_not_finite(const gra_tensor *t)
{
    bool any = false;
    const float *const f = gra__ptr(t);
    const double *const d = gra__ptr(t);
    if (t->dtype == GRA_FLOAT32)
        for (int64_t i = 0; i < t->numel; i++)
            any |= !(fabsf(f[i]) <= 3.402823466e38f);
    else
        for (int64_t i = 0; i < t->numel; i++)
            any |= !(fabs(d[i]) <= 1.7976931348623157e308);
    return any;
}

/* The first anomaly in the order of the indices; false where there is none. */
static bool find_first(const gra_tensor *t, bool allow_infinity, gra_shape *index, double *value)
{
    *index = t->shape;
    memset(index->size, 0, sizeof index->size);
    for (int64_t i = 0; i < t->numel; i++) {
        int64_t position = 0;
        for (int d = 0; d < t->shape.count; d++)
            position += index->size[d] * t->stride[d];
        *value = gra__load(t, position);
        if (is_anomaly(*value, allow_infinity))
            return true;
        for (int d = t->shape.count - 1; d >= 0 && ++index->size[d] == t->shape.size[d]; d--)
            index->size[d] = 0;
    }
    return false;
}

bool gra__find_anomaly(const gra_tensor *t, bool allow_infinity, char text[GRA__ANOMALY])
{
    if (!t || !gra_dtype_is_floating(t->dtype) || gra__dry_run())
        return false;
    if (t->contiguous && t->dtype != GRA_BFLOAT16 && !any_not_finite(t))
        return false;
    gra_shape index;
    double value;
    if (!find_first(t, allow_infinity, &index, &value))
        return false;
    char at[GRA_SHAPE_TEXT];
    snprintf(text, GRA__ANOMALY, "%s at %s",
             isnan(value) ? "nan"
             : value > 0  ? "inf"
                          : "-inf",
             gra_shape_text(index, at));
    return true;
}

bool gra__forward_is_sound(const gra_call *c)
{
    char where[GRA__ANOMALY], other[GRA__ANOMALY], line[GRA__ORIGIN], shape[GRA_SHAPE_TEXT];
    int k = 0;
    while (k < c->n_out && !gra__find_anomaly(c->out[k], gra__anomaly.allow_infinity, where))
        k++;
    if (k == c->n_out)
        return true;
    for (int i = 0; i < c->n_in; i++)
        if (gra__find_anomaly(c->in[i], false, other))
            return true;
    gra__line_text(line, sizeof line);
    gra_fail("%s: its output %d (%s %s) is %s, and all of its inputs are finite%s%s%s",
             gra_op_name(c->op), k, gra_dtype_name(c->out[k]->dtype),
             gra_shape_text(c->out[k]->shape, shape), where, line[0] ? " (at " : "", line,
             line[0] ? ")" : "");
    return false;
}
