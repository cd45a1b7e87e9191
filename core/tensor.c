/* tensor.c - storage, handles, queries, single elements. */
#include <math.h>
#include <string.h>

#include "alloc_cache.h"
#include "derived.h"
#include "dry_run.h"
#include "error.h"
#include "error_path.h"
#include "grad_mode.h"
#include "node.h"
#include "tensor_struct.h"
#include "views.h"

/* The elements of a small tensor stand behind its storage, in one block. */
enum { BEHIND = 64, FEW_BYTES = 1024 - BEHIND };
_Static_assert(sizeof(gra_storage) <= BEHIND, "elements must begin behind the storage");

static gra_storage *small_storage_new(const char *op, const gra_shape *shape, size_t bytes)
{
    gra_storage *const s = gra__alloc_elements(op, shape, BEHIND + bytes);
    if (s)
        *s = (gra_storage){
            .refs = 1, .inference = gra__inference, .bytes = bytes, .data = (char *)s + BEHIND};
    return s;
}

static gra_storage *storage_new(const char *op, const gra_shape *shape, size_t bytes)
{
    if (bytes <= FEW_BYTES && !gra__dry_run())
        return small_storage_new(op, shape, bytes);
    gra_storage *const s = gra__alloc(sizeof *s);
    if (!s)
        return NULL;
    *s = (gra_storage){.refs = 1,
                       .inference = gra__inference,
                       .bytes = bytes,
                       .data = gra__alloc_elements(op, shape, bytes)};
    if (s->data)
        return s;
    gra__dealloc(s, sizeof *s);
    return NULL;
}

static void storage_release(gra_storage *s)
{
    if (__atomic_sub_fetch(&s->refs, 1, __ATOMIC_ACQ_REL) > 0)
        return;
    if (s->data == (char *)s + BEHIND) {
        gra__dealloc(s, BEHIND + s->bytes);
        return;
    }
    gra__dealloc(s->data, s->bytes);
    gra__dealloc(s, sizeof *s);
}

static void tensor_destroy(void *self)
{
    gra_tensor *const t = self;
    if (t->node)
        gra__node_forget(t);
    gra__hooks_free(t->hooks);
    gra__release(t->grad);
    gra__derived_release(t->derived);
    gra__release(t->base);
    storage_release(t->storage);
    gra__dealloc(t, sizeof *t);
}

static const gra_kind tensor_kind = {
    .name = "tensor",
    .keeper = "its scope (gra_keep makes it yours)",
    .destroy = tensor_destroy,
};

static bool is_row_major(const gra_tensor *t)
{
    int64_t step = 1;
    for (int i = t->numel ? t->shape.count - 1 : -1; i >= 0; i--) {
        if (t->shape.size[i] != 1 && t->stride[i] != step)
            return false;
        step *= t->shape.size[i];
    }
    return true;
}

/* Takes over the caller's reference on the storage, also when it fails. */
static gra_tensor *handle_new(gra_storage *storage, gra_shape shape, const int64_t *stride,
                              int64_t offset, gra_dtype dtype)
{
    gra_tensor *const t = gra__alloc_zeroed(sizeof *t);
    if (!t) {
        storage_release(storage);
        return NULL;
    }
    t->storage = storage;
    t->offset = offset;
    t->shape = shape;
    t->numel = gra__numel(&shape);
    t->dtype = dtype;
    t->view_version = storage->version;
    t->shape.kind = &gra_shape_kind;
    gra__object_init(&t->head, &tensor_kind, 0);
    if (stride)
        memcpy(t->stride, stride, (size_t)shape.count * sizeof *stride);
    else
        gra__row_major(&shape, t->stride);
    t->contiguous = !stride || is_row_major(t);
    return t;
}

gra_tensor *gra__empty(const char *op, gra_shape shape, gra_dtype dtype)
{
    if (gra__failed)
        return NULL;
    if ((unsigned)dtype >= GRA_DTYPE_COUNT)
        return gra_fail("%.*s: %d is no dtype; GRA_FLOAT32 to GRA_BOOL are", GRA__NAME(op),
                        (int)dtype);
    const int64_t numel = gra__shape_numel(op, shape, gra_dtype_size(dtype));
    if (numel < 0)
        return NULL;
    gra_storage *const storage = storage_new(op, &shape, (size_t)numel * gra_dtype_size(dtype));
    return storage ? gra__scoped(handle_new(storage, shape, NULL, 0, dtype)) : NULL;
}

/* Each dim in the order of the strides must step over all of the smaller ones. */
bool gra__is_dense(const gra_tensor *t)
{
    if (t->contiguous)
        return true;
    unsigned left = 0;
    int64_t step = 1;
    for (int i = 0; i < t->shape.count; i++)
        left |= (unsigned)(t->shape.size[i] != 1) << i;
    while (left) {
        int next = 0;
        while (next < t->shape.count && !((left >> next & 1) && t->stride[next] == step))
            next++;
        if (next == t->shape.count)
            return false;
        step *= t->shape.size[next];
        left &= ~(1u << next);
    }
    return true;
}

gra_tensor *gra__empty_strided(const char *op, gra_shape shape, const int64_t *stride,
                               gra_dtype dtype)
{
    gra_tensor *const t = gra__empty(op, shape, dtype);
    if (!t)
        return NULL;
    memcpy(t->stride, stride, (size_t)shape.count * sizeof *stride);
    t->contiguous = is_row_major(t);
    return t;
}

gra_tensor *gra__empty_like(const char *op, const gra_tensor *t, gra_dtype dtype)
{
    return t->contiguous || !gra__is_dense(t) ? gra__empty(op, t->shape, dtype)
                                              : gra__empty_strided(op, t->shape, t->stride, dtype);
}

gra_tensor *gra__zeros(const char *op, gra_shape shape, gra_dtype dtype)
{
    gra_tensor *const t = gra__empty(op, shape, dtype);
    if (t && !gra__dry_run())
        memset(t->storage->data, 0, t->storage->bytes);
    return t;
}

static gra_storage *storage_retain(gra_storage *s)
{
    __atomic_fetch_add(&s->refs, 1, __ATOMIC_RELAXED);
    return s;
}

gra_tensor *gra__view(gra_tensor *x, gra_shape shape, const int64_t *stride, int64_t offset)
{
    gra_tensor *const t = handle_new(storage_retain(x->storage), shape, stride, offset, x->dtype);
    if (t)
        t->view = GRA__VIEW_UNRECORDED;
    return gra__scoped(t);
}

gra_tensor *gra__alias(const gra_tensor *t)
{
    return handle_new(storage_retain(t->storage), t->shape, t->stride, t->offset, t->dtype);
}

void gra__replace(gra_tensor *t, gra_tensor *value)
{
    gra_storage *const old = t->storage;
    if (t->view)
        gra__view_leave_base(t, GRA__OWN);
    t->storage = storage_retain(value->storage);
    t->storage->version = old->version + 1;
    t->offset = value->offset;
    t->shape = value->shape;
    t->numel = value->numel;
    t->dtype = value->dtype;
    t->contiguous = value->contiguous;
    memcpy(t->stride, value->stride, sizeof t->stride);
    storage_release(old);
}

int gra_tensor_ndim(const gra_tensor *t)
{
    return t ? t->shape.count : -1;
}

gra_shape gra_tensor_shape(const gra_tensor *t)
{
    return t ? t->shape : (gra_shape){.kind = &gra_shape_kind, .count = -1};
}

int64_t gra_tensor_size(const gra_tensor *t, int dim)
{
    const int at = t ? gra__wrap_dim("gra_tensor_size", dim, t->shape.count) : -1;
    return at < 0 ? -1 : t->shape.count ? t->shape.size[at] : 1;
}

int64_t gra_tensor_stride(const gra_tensor *t, int dim)
{
    const int at = t ? gra__wrap_dim("gra_tensor_stride", dim, t->shape.count) : -1;
    return at < 0 ? 0 : t->stride[at];
}

int64_t gra_tensor_numel(const gra_tensor *t)
{
    return t ? t->numel : -1;
}

gra_dtype gra_tensor_dtype(const gra_tensor *t)
{
    return t ? t->dtype : GRA_FLOAT32;
}

bool gra_is_contiguous(const gra_tensor *t)
{
    return t && t->contiguous;
}

bool gra_is_inference(const gra_tensor *t)
{
    return t && t->storage->inference;
}

bool gra_is_leaf(const gra_tensor *t)
{
    gra__bring_up_to_date(t);
    return t && !t->node;
}

bool gra_tensor_requires_grad(const gra_tensor *t)
{
    gra__bring_up_to_date(t);
    return t && t->requires_grad;
}

void *gra_tensor_data(gra_tensor *t)
{
    char text[GRA_SHAPE_TEXT];
    if (t && !t->contiguous)
        return gra_fail("gra_tensor_data: the tensor of shape %s is not row-major in memory; read "
                        "gra_contiguous(t), or gra_tensor_data_strided(t) with its strides",
                        gra_shape_text(t->shape, text));
    return t ? gra__ptr(t) : NULL;
}

void *gra_tensor_data_strided(gra_tensor *t)
{
    return t ? gra__ptr(t) : NULL;
}

void gra_tensor_touch(gra_tensor *t)
{
    if (!t)
        return;
    t->storage->version++;
    t->storage->writer = "gra_tensor_touch(";
}

float gra__bfloat16_to_float(uint16_t bits)
{
    const uint32_t wide = (uint32_t)bits << 16;
    float value;
    memcpy(&value, &wide, sizeof value);
    return value;
}

uint16_t gra__float_to_bfloat16(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    if ((bits & 0x7fffffffu) > 0x7f800000u)
        return (uint16_t)((bits >> 16) | 0x40u);
    return (uint16_t)((bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16);
}

static const void *element(const gra_tensor *t, int64_t position)
{
    return (const char *)gra__ptr(t) + position * (int64_t)gra_dtype_size(t->dtype);
}

double gra__load(const gra_tensor *t, int64_t position)
{
    const void *const p = element(t, position);
    switch (t->dtype) {
    case GRA_FLOAT32: return *(const float *)p;
    case GRA_FLOAT64: return *(const double *)p;
    case GRA_BFLOAT16: return gra__bfloat16_to_float(*(const uint16_t *)p);
    case GRA_INT64: return (double)*(const int64_t *)p;
    case GRA_INT32: return *(const int32_t *)p;
    case GRA_UINT8: return *(const uint8_t *)p;
    case GRA_BOOL: return *(const uint8_t *)p != 0;
    }
    return NAN;
}

/* Toward zero; what does not fit, NaN too, becomes the most negative number, as in gra_to. */
static int64_t whole(double value, double lowest)
{
    return value > lowest - 1 && value < -lowest ? (int64_t)value : (int64_t)lowest;
}

void gra__store(const gra_tensor *t, int64_t position, double value)
{
    void *const p = (void *)element(t, position);
    switch (t->dtype) {
    case GRA_FLOAT32: *(float *)p = (float)value; break;
    case GRA_FLOAT64: *(double *)p = value; break;
    case GRA_BFLOAT16: *(uint16_t *)p = gra__float_to_bfloat16((float)value); break;
    case GRA_INT64: *(int64_t *)p = whole(value, (double)INT64_MIN); break;
    case GRA_INT32: *(int32_t *)p = (int32_t)whole(value, INT32_MIN); break;
    case GRA_UINT8: *(uint8_t *)p = (uint8_t)whole(value, (double)INT64_MIN); break;
    case GRA_BOOL: *(uint8_t *)p = value != 0; break;
    }
}

static bool has_one_element(const char *op, const gra_tensor *t)
{
    char text[GRA_SHAPE_TEXT];
    if (t && t->numel != 1)
        gra_fail("%s: the tensor of shape %s has %lld elements; exactly one is needed", op,
                 gra_shape_text(t->shape, text), (long long)t->numel);
    return t && t->numel == 1;
}

double gra_item(const gra_tensor *t)
{
    return has_one_element("gra_item", t) ? gra__load(t, 0) : NAN;
}

int64_t gra_item_int(const gra_tensor *t)
{
    if (!has_one_element("gra_item_int", t))
        return 0;
    return t->dtype == GRA_INT64 ? *(const int64_t *)gra__ptr(t)
                                 : whole(gra__load(t, 0), (double)INT64_MIN);
}

double gra_tensor_at(const gra_tensor *t, gra_shape index)
{
    if (!t)
        return NAN;
    int64_t position = 0;
    bool inside = index.count == t->shape.count;
    for (int i = 0; inside && i < index.count; i++) {
        inside = index.size[i] >= 0 && index.size[i] < t->shape.size[i];
        position += inside ? index.size[i] * t->stride[i] : 0;
    }
    if (inside)
        return gra__load(t, position);
    char at[GRA_SHAPE_TEXT], text[GRA_SHAPE_TEXT];
    gra_fail("gra_tensor_at: index %s lies outside a tensor of shape %s", gra_shape_text(index, at),
             gra_shape_text(t->shape, text));
    return NAN;
}

gra_tensor *gra_set_requires_grad(gra_tensor *t, bool requires)
{
    if (!t)
        return NULL;
    if (requires && !gra_dtype_is_floating(t->dtype))
        return gra_fail("gra_requires_grad: a tensor of dtype %s cannot have a gradient; only "
                        "floating-point ones can",
                        gra_dtype_name(t->dtype));
    gra__bring_up_to_date(t);
    if (requires && t->storage->inference && !gra__inference)
        return gra_fail(
            "gra_requires_grad: an inference tensor cannot require a gradient outside of "
            "inference mode; a gra_clone of it can");
    if (!requires && t->node)
        return gra_fail("gra_set_requires_grad: only a leaf can stop requiring a gradient; use "
                        "gra_detach(t) for the result of an op");
    if (requires && t->base && !t->node)
        gra__view_leave_base(t, GRA__VIEW_LEAF);
    t->requires_grad = requires;
    return t;
}

gra_tensor *gra_requires_grad(gra_tensor *t)
{
    return gra_set_requires_grad(t, true);
}

gra_tensor *gra_tensor_grad(const gra_tensor *t)
{
    return t ? t->grad : NULL;
}

void gra_tensor_zero_grad(gra_tensor *t)
{
    if (!t)
        return;
    gra__release(t->grad);
    t->grad = NULL;
}

gra_tensor *gra_retain_grad(gra_tensor *t)
{
    gra__bring_up_to_date(t);
    if (t && !t->requires_grad)
        return gra_fail("gra_retain_grad: the tensor does not require a gradient");
    if (t)
        t->retains_grad = true;
    return t;
}
