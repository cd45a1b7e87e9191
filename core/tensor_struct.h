/* tensor_struct.h - the representation of tensors, for core, ops and autograd.
 *
 *     gra_tensor ---> gra_storage ---> bytes
 *         |               ^
 *         node            other views of the same storage
 *
 * A storage carries a version that each write through an op increments; a graph node remembers the
 * version of what it saved, and the backward pass refuses a tensor that was written since.
 */
#ifndef GRA_CORE_TENSOR_STRUCT_H
#define GRA_CORE_TENSOR_STRUCT_H

#include "object_struct.h"
#include "scope.h"
#include "shape_check.h"
#include "tensor.h"
#include "thread_local.h"

typedef struct gra_node gra_node;
typedef struct gra_hook gra_hook;
typedef struct gra__derived gra__derived;
typedef struct gra__updater gra__updater;

typedef struct gra_storage {
    int refs;                  /* atomic */
    bool inference;            /* made in inference mode: writes are not counted (grad_mode.h) */
    uint32_t version;          /* number of writes through ops */
    uint32_t recorded_version; /* version after the last write that a graph recorded */
    const char *writer;        /* schema of the op that wrote last, or NULL */
    size_t bytes;              /* size of data */
    void *data;                /* 64-byte aligned when we allocated it */
} gra_storage;

/* Whose elements a tensor shows, as far as recorded writes into them are concerned (views.h). */
typedef enum gra__view_kind {
    GRA__OWN,             /* its own */
    GRA__VIEW_TRACKED,    /* those of its base, which will know of a write */
    GRA__VIEW_UNRECORDED, /* those of another tensor: made while recording was off, or by gra__view */
    GRA__VIEW_OF_HISTORY, /* the same, and that tensor required a gradient */
    GRA__VIEW_CUSTOM,     /* those of an input of an op whose rule is not that of a plain view */
    GRA__VIEW_LEAF,       /* those of a former base: made a leaf that requires a gradient */
} gra__view_kind;

struct gra_tensor {
    gra_object head;
    gra_storage *storage;
    int64_t offset; /* of the first element in the storage, in elements */
    int64_t
        stride[GRA_MAX_DIMS]; /* in elements; may be 0 (expanded) or negative (never made yet) */
    gra_shape shape;
    int64_t numel; /* product of the sizes */
    gra_dtype dtype;
    bool contiguous;       /* row-major without gaps */
    bool requires_grad;    /* a leaf the user marked, or the result of a recorded op */
    bool retains_grad;     /* an intermediate whose gradient is kept as well */
    uint8_t view;          /* a gra__view_kind */
    uint32_t view_version; /* the storage's version when this view's history was last right */
    int output;            /* which output of node this is */
    gra_node *node;        /* the recorded op that made it, or NULL */
    gra_tensor *base;      /* owned: of a tracked view, and itself none; else NULL */
    gra_tensor *grad;      /* owned, or NULL */
    gra_hook *hooks;       /* of a leaf; those of a result belong to the node */
    gra__derived *derived; /* another form of the elements (derived.h), or NULL */
    gra__updater *updater; /* not owned: takes a leaf's gradient in place of grad; or NULL */
};

extern GRA__HOT bool gra__inference; /* inference mode of this thread */

/* New tensors, in the current scope. NULL with an error that names op, a plain name or a schema. */
gra_tensor *gra__empty(const char *op, gra_shape shape, gra_dtype dtype); /* not initialised */
gra_tensor *gra__zeros(const char *op, gra_shape shape, gra_dtype dtype);
gra_tensor *gra__empty_strided(const char *op, gra_shape shape, const int64_t *stride,
                               gra_dtype dtype); /* strides of a dense tensor; not initialised */
gra_tensor *gra__empty_like(const char *op, const gra_tensor *t,
                            gra_dtype dtype); /* t's strides where it is dense, else row-major */

/* A view without history, which recorded ops may not write, unless it is the result of an op. */
gra_tensor *gra__view(gra_tensor *x, gra_shape shape, const int64_t *stride, int64_t offset);

/* Whether the elements fill their part of the storage without gaps and overlaps, in any order of
 * the dims. */
bool gra__is_dense(const gra_tensor *t);

/* A new handle on the same storage without history; its one reference belongs to the caller. */
gra_tensor *gra__alias(const gra_tensor *t);

/* Address of the first element. */
static inline void *gra__ptr(const gra_tensor *t)
{
    return (char *)t->storage->data + t->offset * (int64_t)gra_dtype_size(t->dtype);
}

/* Reads and writes one element at a position counted in elements from the first. */
double gra__load(const gra_tensor *t, int64_t position);
void gra__store(const gra_tensor *t, int64_t position, double value);

/* Replaces t's storage, shape and dtype by those of value (module.to(dtype)); history is kept off. */
void gra__replace(gra_tensor *t, gra_tensor *value);

float gra__bfloat16_to_float(uint16_t bits);
uint16_t gra__float_to_bfloat16(float value); /* to nearest even, NaN stays NaN */

#endif
