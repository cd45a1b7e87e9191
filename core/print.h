/* print.h - tensors as text, as PyTorch prints them.
 *
 *     tensor([[1.0000, 2.5000],
 *             [3.0000, 4.0000]])
 *
 * More than 1000 elements are summarised: the first and last three along each dim, "..." between.
 */
#ifndef GRA_CORE_PRINT_H
#define GRA_CORE_PRINT_H

#include <stdio.h>

#include "tensor.h"

GRA_BEGIN_DECLS

/* Prints t and a newline to standard output; "NULL" and the pending error for a NULL. */
void gra_print(const gra_tensor *t);
void gra_fprint(FILE *file, const gra_tensor *t);

/* The text, to be freed with free(); NULL where memory is short. */
char *gra_tensor_text(const gra_tensor *t);

GRA_END_DECLS

#endif
