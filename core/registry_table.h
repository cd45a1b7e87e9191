/* registry_table.h - the table of built-in ops that the build makes (ops/make_table.py), and what the
 * callers of ops by name share.
 */
#ifndef GRA_CORE_REGISTRY_TABLE_H
#define GRA_CORE_REGISTRY_TABLE_H

#include "registry.h"

extern const gra_op *const gra__builtin_ops[]; /* in alphabetical order */
extern const char *const gra__builtin_docs[];  /* one for each */
extern const size_t gra__builtin_count;

/* gra_register_op for several: all of them, or none and an error. */
int gra__register_ops(const gra_op *const *ops, size_t count);

#endif
