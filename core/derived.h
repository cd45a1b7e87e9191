/* derived.h - another form of a tensor's elements, kept beside them while they do not change.
 *
 *     gra__keep_derived(weight);                        a layer asks for it once
 *
 *     gra__derived *form = gra__derived_get(weight, name, bytes, make, context);
 *     if (form)
 *         ... form->data ...
 *     gra__derived_release(form);
 *
 * A kernel that spends much on bringing weights into its own order does so once for many calls.  The form
 * is made again when the tensor's version has moved or another form is asked for, and freed with the
 * tensor.  Any thread may ask.
 */
#ifndef GRA_CORE_DERIVED_H
#define GRA_CORE_DERIVED_H

#include "tensor_struct.h"

struct gra__derived {
    int refs;         /* atomic */
    uint32_t version; /* of the tensor's storage when it was made */
    uint64_t name;
    size_t bytes;
    void *data; /* aligned to 64; NULL: asked for, not made yet */
};

/* From now on t keeps a form; false with an error where memory is short. */
bool gra__keep_derived(gra_tensor *t);

/* Writes a form to data. */
typedef void (*gra__derive_fn)(const void *context, const gra_tensor *t, void *data);

/* The form of t with a name that is not 0; NULL where t keeps none or memory is short, without an error,
 * as one can do without it. */
gra__derived *gra__derived_get(gra_tensor *t, uint64_t name, size_t bytes, gra__derive_fn make,
                               const void *context);

/* Gives it back; NULL is ignored. */
void gra__derived_release(gra__derived *form);

#endif
