/* registry.h - all ops by name: those of the library, and those that a program or a plugin registered.
 *
 *     size_t count;
 *     const gra_op *const *ops = gra_ops(&count);
 *     for (size_t i = 0; i < count; i++)
 *         puts(ops[i]->schema);
 *
 * Registered ops are for the life of the process.  All of this may be called from any thread.
 */
#ifndef GRA_CORE_REGISTRY_H
#define GRA_CORE_REGISTRY_H

#include "op.h"

GRA_BEGIN_DECLS

/* The table of all ops: the built-in ones in alphabetical order, then the registered ones in their
 * order; count receives their number. The table stays valid, and does not see later ones. */
const gra_op *const *gra_ops(size_t *count);

/* The op of a name, or NULL, silently, where there is none. */
const gra_op *gra_find_op(const char *name);

/* The same, and where there is none an error that begins with who calls and names the nearest ones. */
const gra_op *gra_require_op(const char *caller, const char *name);

/* Checks an op and makes it known by the name in its schema. op is kept and must stay as it is. To
 * register the same op again changes nothing. Returns 0, or -1 with an error: a schema that is wrong,
 * or does not agree with .args_size or .inplace, no forward, or a name that another op has. */
int gra_register_op(const gra_op *op);

/* What an op does, in words and formulas: its .doc, or of a built-in op the comment that its file
 * begins with. "" where there is none. */
const char *gra_op_doc(const gra_op *op);

GRA_END_DECLS

#endif
