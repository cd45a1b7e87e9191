/* scope.h - who owns the tensors that functions return.
 *
 * Each thread has a stack of the tensors made on it.  gra_mark() tells its height, gra_release(mark)
 * drops what was made since, so an early return, a break or an inner mark that was never released
 * cannot leak:
 *
 *     for (int mark = gra_mark(); gra_data_next(data, &x, &y); gra_release(mark))
 *         ...
 *
 * Below the first mark lies the thread's root scope, dropped by gra_release(0) and when the thread
 * or the process ends.
 */
#ifndef GRA_CORE_SCOPE_H
#define GRA_CORE_SCOPE_H

#include "tensor.h"

GRA_BEGIN_DECLS

int gra_mark(void);
void gra_release(int mark);

/* Releases everything since mark except t, which goes to the scope outside. Returns t. */
gra_tensor *gra_release_keep(int mark, gra_tensor *t);

/* Adds an owner: t lives until gra_free(t), whatever its scope does. Returns t. */
gra_tensor *gra_keep(gra_tensor *t);

GRA_END_DECLS

/* Hands a new tensor's only reference to the current scope and returns it. On failure the tensor is
 * released and NULL returned, with an error. */
gra_tensor *gra__scoped(gra_tensor *t);

/* How many of the tensors made since mark lie in t's memory. */
int gra__scope_count(int mark, const gra_tensor *t);

#endif
