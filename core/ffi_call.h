/* ffi_call.h - ops whose work is a C function with natural arguments (.function), called by libffi. */
#ifndef GRA_CORE_FFI_CALL_H
#define GRA_CORE_FFI_CALL_H

#include "op.h"

/* Calls the op's function with the inputs and arguments of a call and fills c->out. On a mistake an
 * error is pending. */
void gra__ffi_forward(gra_call *c);

/* What libffi may do, for tests of the machines where it may do less. */
typedef enum gra__ffi_limit { GRA__FFI_ALL, GRA__FFI_NO_CLOSURES, GRA__FFI_NOTHING } gra__ffi_limit;
extern gra__ffi_limit gra__ffi;

/* Whether this build has libffi. */
extern const bool gra__ffi_built;

#endif
