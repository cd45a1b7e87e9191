/* graph_dot.h - the graph behind a tensor as a drawing, in Graphviz's language.
 *
 *     FILE *file = fopen("graph.dot", "w");
 *     gra_graph_dot(loss, file);                   dot -Tpng graph.dot -o graph.png
 *
 * Boxes are leaves with their shapes (blue: they require a gradient, grey: constants), ellipses are
 * recorded ops with the shape of their result; an arrow leads from an input to the op that reads it.
 * May include: everything below.
 */
#ifndef GRA_VIZ_GRAPH_DOT_H
#define GRA_VIZ_GRAPH_DOT_H

#include <stdio.h>

#include "../core/tensor.h"

GRA_BEGIN_DECLS

/* Returns 0, or -1 with an error when t is NULL or the file cannot be written. */
int gra_graph_dot(const gra_tensor *t, FILE *file);

GRA_END_DECLS

#endif
