/* disagreement.h - where a gradient is not what finite differences say, for those who tell it in words
 * of their own.
 */
#ifndef GRA_AUTOGRAD_DISAGREEMENT_H
#define GRA_AUTOGRAD_DISAGREEMENT_H

#include "autograd/gradcheck.h"

typedef struct gra__disagreement {
    int input;       /* -1: none was found */
    gra_shape index; /* of the element of that input */
    double analytical, numerical;
} gra__disagreement;

/* Compares the gradients, or the second derivatives, and finds the first that disagrees; of twice, the
 * input behind the last one is the gradient of the output. False with found->input -1 and an error
 * where they could not be computed. */
bool gra__gradients_agree(const gra_gradcheck_options *o, bool twice, gra__disagreement *found);

#endif
