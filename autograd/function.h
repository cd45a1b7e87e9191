/* function.h - a function of tensors, as a parameter of gradcheck, checkpoints and derivatives. */
#ifndef GRA_AUTOGRAD_FUNCTION_H
#define GRA_AUTOGRAD_FUNCTION_H

#include "../core/tensor.h"

GRA_BEGIN_DECLS

/* One tensor from `count` inputs, in the caller's scope; NULL with an error. */
typedef gra_tensor *(*gra_function)(gra_tensor *const *inputs, int count, void *context);

GRA_END_DECLS

#endif
