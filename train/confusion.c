/* confusion.c - which classes are taken for which. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/alloc_cache.h"
#include "core/error.h"
#include "train/classes.h"
#include "train/confusion_struct.h"

enum { MOST_CLASSES = 10000 };

static size_t cells_bytes(const gra_confusion *t)
{
    return (size_t)(t->classes * t->classes) * sizeof *t->cells;
}

static void confusion_destroy(void *self)
{
    gra_confusion *const t = self;
    for (int64_t i = 0; t->names && i < t->classes; i++)
        free(t->names[i]);
    free(t->names);
    gra__dealloc(t->cells, cells_bytes(t));
    gra__dealloc(t, sizeof *t);
}

static const gra_kind confusion_kind = {
    .name = "confusion matrix", .keeper = "whoever made it", .destroy = confusion_destroy};

static bool copy_names(gra_confusion *t, const char *const *names)
{
    if (!names)
        return true;
    t->names = calloc((size_t)t->classes, sizeof *t->names);
    for (int64_t i = 0; t->names && i < t->classes; i++) {
        if (!names[i]) {
            gra_fail("gra_confusion_new: name %lld is NULL", (long long)i);
            return false;
        }
        if (!(t->names[i] = strdup(names[i])))
            break;
    }
    if (t->names && t->names[t->classes - 1])
        return true;
    gra_fail("gra_confusion_new: out of memory");
    return false;
}

gra_confusion_options gra_confusion_defaults(void)
{
    return (gra_confusion_options){0};
}

gra_confusion *gra_confusion_with(gra_confusion_options o)
{
    if (gra_error())
        return NULL;
    if (o.classes < 1 || o.classes > MOST_CLASSES)
        return gra_fail("gra_confusion_new: %lld classes are out of range; 1 to %d are possible",
                        (long long)o.classes, MOST_CLASSES);
    gra_confusion *const t = gra__alloc_zeroed(sizeof *t);
    if (!t)
        return NULL;
    gra__object_init(&t->head, &confusion_kind, 1);
    t->classes = o.classes;
    t->cells = gra__alloc_zeroed(cells_bytes(t));
    if (!t->cells || !copy_names(t, o.names)) {
        gra__release(t);
        return NULL;
    }
    return t;
}

/* ---- counting ---- */

static int64_t predicted_at(const char *op, const gra_confusion *t, const gra_tensor *x, int64_t i)
{
    if (x->shape.count == 1)
        return gra__class_at(op, "prediction", x, i, t->classes);
    int64_t c = 0; /* the one that no other comes before */
    while (c + 1 < t->classes && gra__class_rank(x, i, c) > 0)
        c++;
    return c;
}

static bool check_update(const char *op, const gra_confusion *t, const gra_tensor *x,
                         const gra_tensor *y)
{
    if (!t || !x || !gra__classes_check(op, x, y, !gra_dtype_is_floating(x->dtype)))
        return false;
    if (x->shape.count == 2 && x->shape.size[1] != t->classes)
        gra_fail("%s: the logits are of %lld classes and the matrix is of %lld", op,
                 (long long)x->shape.size[1], (long long)t->classes);
    for (int64_t i = 0; i < y->shape.size[0] && !gra_error(); i++) {
        gra__class_at(op, "target", y, i, t->classes);
        if (x->shape.count == 1)
            predicted_at(op, t, x, i);
    }
    return !gra_error();
}

int gra_confusion_update(gra_confusion *t, const gra_tensor *x, const gra_tensor *y)
{
    static const char op[] = "gra_confusion_update";
    if (!check_update(op, t, x, y))
        return -1;
    for (int64_t i = 0; i < y->shape.size[0]; i++) {
        const int64_t is = gra__class_at(op, "target", y, i, t->classes);
        t->cells[is * t->classes + predicted_at(op, t, x, i)]++;
    }
    return 0;
}

/* ---- queries ---- */

double gra__confusion_sum(const gra_confusion *t, int64_t row, int64_t column)
{
    int64_t sum = 0;
    for (int64_t i = row < 0 ? 0 : row; i < (row < 0 ? t->classes : row + 1); i++)
        for (int64_t k = column < 0 ? 0 : column; k < (column < 0 ? t->classes : column + 1); k++)
            sum += t->cells[i * t->classes + k];
    return (double)sum;
}

static double whole_of(const gra_confusion *t, gra_confusion_share share, int64_t i, int64_t k)
{
    if (share == GRA_CONFUSION_OF_TRUE)
        return gra__confusion_sum(t, i, -1);
    return gra__confusion_sum(t, -1, share == GRA_CONFUSION_OF_PREDICTED ? k : -1);
}

/* The wholes are alike along a row, a column or both. */
static void fill_shares(const gra_confusion *t, gra_confusion_share share, double *out)
{
    const bool by_row = share != GRA_CONFUSION_OF_PREDICTED;
    for (int64_t a = 0; a < t->classes; a++) {
        const double whole = whole_of(t, share, a, a);
        for (int64_t b = 0; b < t->classes; b++) {
            const int64_t at = by_row ? a * t->classes + b : b * t->classes + a;
            out[at] = whole > 0 ? (double)t->cells[at] / whole : 0;
        }
    }
}

gra_tensor *gra_confusion_matrix(const gra_confusion *t, gra_confusion_share share)
{
    static const char op[] = "gra_confusion_matrix";
    if (!t || gra_error())
        return NULL;
    if (share < GRA_CONFUSION_COUNTS || share > GRA_CONFUSION_OF_ALL)
        return gra_fail("%s: share %d is unknown; see gra_confusion_share", op, (int)share);
    const bool counts = share == GRA_CONFUSION_COUNTS;
    gra_tensor *const out =
        gra__empty(op, GRA_SHAPE(t->classes, t->classes), counts ? GRA_INT64 : GRA_FLOAT64);
    if (out && counts)
        memcpy(gra__ptr(out), t->cells, cells_bytes(t));
    else if (out)
        fill_shares(t, share, gra__ptr(out));
    return out;
}

static double share_of(double part, double whole)
{
    return whole > 0 ? part / whole : NAN;
}

double gra_confusion_accuracy(const gra_confusion *t)
{
    double right = 0;
    for (int64_t c = 0; t && c < t->classes; c++)
        right += gra__confusion_sum(t, c, c);
    return t ? share_of(right, gra__confusion_sum(t, -1, -1)) : NAN;
}

static bool has_class(const char *op, const gra_confusion *t, int64_t c)
{
    if (t && (c < 0 || c >= t->classes))
        gra_fail("%s: class %lld lies outside 0 to %lld", op, (long long)c,
                 (long long)t->classes - 1);
    return t && c >= 0 && c < t->classes;
}

double gra_confusion_precision(const gra_confusion *t, int64_t c)
{
    if (!has_class("gra_confusion_precision", t, c))
        return NAN;
    return share_of(gra__confusion_sum(t, c, c), gra__confusion_sum(t, -1, c));
}

double gra_confusion_recall(const gra_confusion *t, int64_t c)
{
    if (!has_class("gra_confusion_recall", t, c))
        return NAN;
    return share_of(gra__confusion_sum(t, c, c), gra__confusion_sum(t, c, -1));
}
