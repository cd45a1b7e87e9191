/* module_hooks.h - functions that look on, or step in, when a module runs and when its gradient passes.
 *
 *     static gra_tensor *show(gra_module *m, gra_tensor *x, gra_tensor *y, void *context)
 *     {
 *         char text[GRA_SHAPE_TEXT];
 *         puts(gra_shape_text(gra_tensor_shape(y), text));
 *         return NULL;                             y stays as it is
 *     }
 *
 *     int id = gra_module_forward_hook(gra_module_get(net, "features.3"), show, NULL);
 *     ...
 *     gra_module_remove_hook(gra_module_get(net, "features.3"), id);
 *
 * The order around one call y = forward(x) is
 *
 *     forward pre-hooks    x            another input may be returned
 *     forward
 *     forward hooks        x, y         another output may be returned
 *     ...
 *     backward pre-hooks   dy           the gradient of the output; another one may be returned
 *     the rules of what forward recorded
 *     backward hooks       dx, dy       the gradient of the input; another one may be returned
 *
 * in each kind that of registration; a hook that returns NULL changes nothing.  They are PyTorch's, with
 * the full backward hook.  x is the first input of a module with several.  A module that has hooks runs apart
 * from its neighbours, with which a Sequential would fuse it.
 *
 * Backward hooks see the walks of graphs that were recorded while the module had some.  Where x needs no
 * gradient, dx is NULL, and they run as soon as dy is known.  The graph keeps the module alive.  With
 * backward hooks a module is given a view of x, which it may not modify in place while ops are recorded.
 *
 * All tensors are borrowed.  A hook may add and remove hooks of its module; what it adds waits for the
 * next call.  Errors: a gradient of another shape.
 */
#ifndef GRA_NN_MODULE_HOOKS_H
#define GRA_NN_MODULE_HOOKS_H

#include "module.h"

GRA_BEGIN_DECLS

typedef gra_tensor *(*gra_forward_pre_hook_fn)(gra_module *m, gra_tensor *x, void *context);
typedef gra_tensor *(*gra_forward_hook_fn)(gra_module *m, gra_tensor *x, gra_tensor *y,
                                           void *context);
typedef gra_tensor *(*gra_backward_pre_hook_fn)(gra_module *m, gra_tensor *dy, void *context);
typedef gra_tensor *(*gra_backward_hook_fn)(gra_module *m, gra_tensor *dx, gra_tensor *dy,
                                            void *context);

/* Return an id for gra_module_remove_hook, or -1 with an error. */
int gra_module_forward_pre_hook(gra_module *m, gra_forward_pre_hook_fn fn, void *context);
int gra_module_forward_hook(gra_module *m, gra_forward_hook_fn fn, void *context);
int gra_module_backward_pre_hook(gra_module *m, gra_backward_pre_hook_fn fn, void *context);
int gra_module_backward_hook(gra_module *m, gra_backward_hook_fn fn, void *context);

/* Returns 0, or -1 with an error when m has no hook of that id. */
int gra_module_remove_hook(gra_module *m, int id);

GRA_END_DECLS

#endif
