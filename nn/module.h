/* module.h - modules: a forward function with its parameters, buffers and children.
 *
 *     typedef struct { gra_module *hidden, *last; } mlp;
 *
 *     static gra_tensor *mlp_forward(gra_module *self, gra_tensor *x)
 *     {
 *         const mlp *m = gra_module_data(self);
 *         return gra_forward(m->last, gra_relu(gra_forward(m->hidden, x)));
 *     }
 *
 *     static const gra_module_class mlp_class = {.name = "Mlp", .forward = mlp_forward};
 *
 *     gra_module *mlp_new(int inputs, int outputs)
 *     {
 *         gra_module *self = gra_module_new(&mlp_class, sizeof(mlp));
 *         mlp *m = gra_module_data(self);
 *         if (!m)
 *             return NULL;
 *         m->hidden = gra_module_add(self, "hidden", gra_nn_linear(inputs, 64));
 *         m->last = gra_module_add(self, "last", gra_nn_linear(64, outputs));
 *         return gra_module_finish(self);
 *     }
 *
 * Ownership: a module belongs to whoever made it, until it is added to another one, which takes it
 * over, also when that fails; gra_free frees it with its children.  Constructors return NULL,
 * without a further error, while one is pending.  Names are PyTorch's: the weight of child 1 is
 * "1.weight".
 * May include: core, ops, autograd.
 */
#ifndef GRA_NN_MODULE_H
#define GRA_NN_MODULE_H

#include <stdio.h>

#include "../core/tensor.h"

GRA_BEGIN_DECLS

typedef struct gra_module gra_module;

/* What gra_summary counts of one call. */
typedef struct gra_cost {
    int64_t multiply_adds; /* products that are added up */
    int64_t connections;   /* uses of a weight or a bias, as LeCun counts them */
} gra_cost;

/* What the modules of one kind have in common. Only name and one of the forwards are needed. */
typedef struct gra_module_class {
    const char *name; /* "Conv2d" */

    /* The output, in the caller's scope; temporaries are released for it. */
    gra_tensor *(*forward)(gra_module *self, gra_tensor *x);

    /* The same for a module with two inputs, such as a loss; called through gra_loss. */
    gra_tensor *(*forward_two)(gra_module *self, gra_tensor *input, gra_tensor *target);

    /* The same for one with three, such as a triplet loss; called through gra_loss_three. */
    gra_tensor *(*forward_three)(gra_module *self, gra_tensor *a, gra_tensor *b, gra_tensor *c);

    /* Writes what stands between the parentheses of the module's text, for example
     * "1, 6, kernel_size=(5, 5)". */
    void (*describe)(const gra_module *self, FILE *text);

    /* Adds the cost of a call that turned `input` into `output`; NULL: it is made of its
     * children. */
    void (*count)(const gra_module *self, gra_shape input, gra_shape output, gra_cost *cost);

    /* Frees what the module's own data holds; children and tensors are freed after it. */
    void (*destroy)(gra_module *self);
} gra_module_class;

/* ---- life cycle ---- */

/* A module with data_size bytes of its own, all zero; type must outlive it. NULL on error. */
gra_module *gra_module_new(const gra_module_class *type, size_t data_size);
void *gra_module_data(const gra_module *m); /* NULL for NULL */
bool gra_module_is(const gra_module *m, const gra_module_class *type);
const char *gra_module_class_name(const gra_module *m);

/* Adds a child, a parameter or a buffer and returns it; NULL with an error for a NULL, an empty
 * name, one with a dot or one that is taken. A child must not have a parent already. A parameter
 * is a floating-point leaf, which is set to require a gradient; a buffer is saved with the
 * parameters but not trained. The module keeps the tensors, whatever the caller's scope does. */
gra_module *gra_module_add(gra_module *m, const char *name, gra_module *child);
gra_tensor *gra_module_add_parameter(gra_module *m, const char *name, gra_tensor *tensor);
gra_tensor *gra_module_add_buffer(gra_module *m, const char *name, gra_tensor *tensor);

/* Ends a constructor: returns m, or frees it and returns NULL where an error is pending. */
gra_module *gra_module_finish(gra_module *m);

/* ---- running ---- */

/* The output of m for x. An error in it names the module: "... (in module features.0)". */
gra_tensor *gra_forward(gra_module *m, gra_tensor *x);

/* The same for a module with two inputs. */
gra_tensor *gra_loss(gra_module *m, gra_tensor *input, gra_tensor *target);

/* And with three, in the order of the op's arguments: anchor, positive and negative of a triplet loss. */
gra_tensor *gra_loss_three(gra_module *m, gra_tensor *a, gra_tensor *b, gra_tensor *c);

/* Switch a module and everything below it to training or to inference, where dropout does nothing.
 * A new module trains. Return m. */
gra_module *gra_train(gra_module *m);
gra_module *gra_eval(gra_module *m);
bool gra_is_training(const gra_module *m);

/* ---- parameters and buffers ---- */

/* Called with a tensor and its dotted name, which is valid during the call; anything but 0 ends the
 * visit. */
typedef int (*gra_tensor_visitor)(const char *name, gra_tensor *tensor, void *context);

/* Visit the tensors of m and of everything below it in PyTorch's order: a module's own first, then
 * its children's. A tensor that several modules share is visited once. Return what fn returned
 * last, or -1 with an error. */
int gra_module_named_parameters(const gra_module *m, gra_tensor_visitor fn, void *context);
int gra_module_named_buffers(const gra_module *m, gra_tensor_visitor fn, void *context);

/* The tensor of a dotted name such as "features.0.weight"; NULL with an error where there is
 * none. It stays the module's. */
gra_tensor *gra_module_parameter(const gra_module *m, const char *name);
gra_tensor *gra_module_buffer(const gra_module *m, const char *name);

/* How many numbers are trained: the elements of all parameters. -1 for NULL. */
int64_t gra_module_parameter_count(const gra_module *m);

void gra_module_zero_grad(gra_module *m); /* forgets all gradients: they are NULL afterwards */

/* Whether the parameters require a gradient: false freezes them. Returns m. */
gra_module *gra_module_requires_grad(gra_module *m, bool requires_grad);

/* Converts all floating-point parameters and buffers in place and forgets the gradients. Returns m,
 * or NULL with an error and nothing changed. */
gra_module *gra_module_to(gra_module *m, gra_dtype dtype);

/* ---- children ---- */

int gra_module_child_count(const gra_module *m);
gra_module *gra_module_child(const gra_module *m, int index); /* NULL with an error where outside */
const char *gra_module_child_name(const gra_module *m, int index);
gra_module *gra_module_get(gra_module *m, const char *name); /* by dotted name; "" is m itself */

/* Calls fn for everything below m, children before their parent, and for m. Returns m. */
gra_module *gra_module_apply(gra_module *m, void (*fn)(gra_module *m, void *context),
                             void *context);

/* ---- text ---- */

/* As PyTorch prints it, for example
 *
 *     Sequential(
 *       (0): Conv2d(1, 6, kernel_size=(5, 5), stride=(1, 1), padding=(2, 2))
 *       (1): Sigmoid()
 *     )
 *
 * to be freed with free(); NULL where memory is short. */
char *gra_module_text(const gra_module *m);
void gra_module_print(const gra_module *m); /* to standard output, with a newline */

GRA_END_DECLS

#endif
