/* forecast.h - running a module dry: at once, without memory, and without a trace. */
#ifndef GRA_NN_FORECAST_H
#define GRA_NN_FORECAST_H

#include "nn/module.h"

/* Calls run(m, context) in a dry run, with m and everything below it training or not, and ops recorded
 * if it trains.  Afterwards modes, gradients, buffers and the generator are as before; gradients are
 * absent meanwhile, and neither hooks of parameters nor optimizers with .fused_backward see what comes.
 * Returns whether no error is pending, and in *peak the most bytes that were allocated at once, besides
 * the module itself. */
bool gra__module_dry_run(gra_module *m, bool training, void (*run)(gra_module *m, void *context),
                         void *context, size_t *peak);

/* The dtype that a module computes in: that of its first parameter; float32 without one. */
gra_dtype gra__module_dtype(const gra_module *m);

#endif
