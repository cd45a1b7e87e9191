/* detach.c - a tensor cut off from its history: the same storage, no gradient.
 *
 * Nothing is recorded, so this is a function and not an op.
 */
#include "core/error.h"
#include "core/tensor_struct.h"
#include "ops/ops.h"

gra_tensor *gra_detach(gra_tensor *x)
{
    if (!x)
        return gra_fail("detach: x is NULL; a tensor is needed");
    return gra__scoped(gra_error() ? NULL : gra__alias(x));
}
