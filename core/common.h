/* common.h - what every public header begins with: C linkage, symbol visibility and the
 * keyword-argument macro.  Includes nothing of Gradus.
 *
 * Keyword arguments.  A function f with options is declared three times:
 *
 *     typedef struct f_options { int begin_; ...; } f_options;   the arguments, required ones first
 *     f_options f_defaults(void);                                PyTorch's defaults
 *     gra_tensor *f_with(f_options options);                     the function itself
 *
 * and in C a macro f(...) lets a caller write f(x, .keepdim = true).  Positional arguments fill the
 * members that follow begin_ in their order.  C++ has no designated initialisers out of order, so
 * there the macros are hidden and f_with(options) is called.
 */
#ifndef GRA_CORE_COMMON_H
#define GRA_CORE_COMMON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GRA_VERSION_MAJOR 0
#define GRA_VERSION_MINOR 1
#define GRA_VERSION_PATCH 0

#ifdef __cplusplus
#define GRA_BEGIN_DECLS                                                                            \
    extern "C" {                                                                                   \
    _Pragma("GCC visibility push(default)")
#define GRA_END_DECLS                                                                              \
    _Pragma("GCC visibility pop")                                                                  \
    }
#else
#define GRA_BEGIN_DECLS _Pragma("GCC visibility push(default)")
#define GRA_END_DECLS _Pragma("GCC visibility pop")
#endif

#define GRA_PRINTF(text, first) __attribute__((format(printf, text, first)))

#ifndef __cplusplus
/* The value of a struct of `type` that is initialised with the list: defaults first, then
 * .begin_ = 0, then what the caller wrote.  A later initialiser overrides an earlier one, which is
 * the point here, so the compilers' warning about it is off.  It stays off, as gcc knows no pragma
 * inside of an expression, and a statement expression would end the life of an array that the caller
 * writes as a compound literal before the function reads it. */
#pragma GCC diagnostic ignored "-Woverride-init"
#define GRA_KEYWORDS(type, ...) ((type){__VA_ARGS__})
#endif

#endif
