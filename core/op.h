/* op.h - what an op is: a value with a schema, a forward function and a vjp.
 *
 *     static void square_forward(gra_call *c)
 *     {
 *         c->out[0] = gra_mul(c->in[0], c->in[0]);
 *     }
 *
 *     static void square_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
 *     {
 *         dx[0] = gra_mul(g[0], gra_mul_scalar(c->in[0], 2));
 *     }
 *
 *     static const gra_op square_op = {
 *         .schema = "square(Tensor x) -> Tensor",
 *         .forward = square_forward,
 *         .vjp = square_vjp,
 *     };
 *
 *     gra_tensor *y = gra_apply(&square_op, &x, 1, NULL);
 *
 * There is no enum: a graph node points to the op, and a user's op is as good as a built-in one.  It
 * need not be registered to be used; registry.h is for calling ops by name.  A vjp is written with
 * tensor ops, so it can be differentiated again.  An op and its schema live as long as the program.
 *
 * A schema is written in PyTorch's notation.  The types are Tensor, Tensor? (may be NULL), Tensor[]
 * (one in a schema), int, int[], int[N] (N at most 8), float, bool, str and ScalarType; parameters
 * after "*" are given by name only; Tensor(a) shares memory with the result Tensor(a), and Tensor(a!)
 * is written to.  The results are Tensor, or several: (Tensor values, Tensor indices).
 *
 * An op's arguments that are not tensors are a C struct whose members stand in the schema's order:
 * int is int64_t, float is double, bool is bool, int[N] is int64_t[N], int[] is gra_shape or
 * gra_dims, ScalarType is gra_dtype, str is const char *, which must live as long as the graph.
 * gra_apply copies the struct into the node.
 *
 * Instead of .forward an op may have a .function, a C function with natural arguments:
 *
 *     static gra_tensor *square(gra_tensor *x) { return gra_mul(x, x); }
 *     static const gra_op square_op = {.schema = .., .function = (gra_fn)square, .vjp = square_vjp};
 *
 * Its parameters are those of the schema: gra_tensor *, int64_t, double, bool, gra_dtype and const char
 * *; Tensor[] is two, gra_tensor *const * and int, int[] is const int64_t * and int, and int[N] is
 * const int64_t *. It returns the result. Where there are several, it returns an int, 0 or -1, and a
 * gra_tensor ** for each of them comes last. The struct of arguments is made from the schema, so
 * .args_size may be left out. gra_op_function makes a function of that type that records itself.
 */
#ifndef GRA_CORE_OP_H
#define GRA_CORE_OP_H

#include "tensor.h"

GRA_BEGIN_DECLS

typedef struct gra_op gra_op;
typedef struct gra_node gra_node;
typedef struct gra_sample gra_sample;

/* Any function; cast to and from its own type. */
typedef void (*gra_fn)(void);

/* What a node keeps for the vjp: a union of these. 0 keeps all inputs. */
typedef uint64_t gra_saves;
#define GRA_IN(i) ((gra_saves)1 << (i))         /* input i, i < 31 */
#define GRA_OUT(i) ((gra_saves)1 << (32 + (i))) /* output i, i < 31 */
#define GRA_SAVE_NOTHING ((gra_saves)1 << 63)

#define GRA_MAX_SAVED 4 /* further tensors that a forward may keep for its vjp */

/* One call of an op, as its forward and its vjp see it. */
typedef struct gra_call {
    const gra_op *op;
    int n_in, n_out;
    gra_tensor **in;   /* the inputs; in a vjp NULL where .saves does not name them */
    gra_tensor **out;  /* forward fills these; in a vjp NULL where .saves does not name them */
    const bool *needs; /* forward: a gradient may be asked for input i; vjp: dx[i] is asked for */
    const void *args;  /* the op's struct of arguments, or NULL */
    gra_saves saves;   /* what the node will keep: .saves of the op, which forward may narrow */
    gra_tensor *saved[GRA_MAX_SAVED]; /* forward may put tensors here, the vjp finds them again */
    const gra_node *node;             /* NULL in forward */
} gra_call;

/* How diagonal second derivatives go down through an op, for gra_curvature (autograd/curvature.h), where
 * h is that of an output and dx that of an input. */
typedef enum gra_curvature_kind {
    GRA_CURVATURE_UNDECLARED, /* nobody said: gra_curvature refuses the op */
    GRA_CURVATURE_MOVES, /* elements go on as they are, or are added up: dx is what vjp gives for h */
    GRA_CURVATURE_ELEMENTWISE, /* y_i = f(x_i): dx = h f'(x)^2, without a term of f'' */
    GRA_CURVATURE_PRODUCTS, /* linear in each input: dx is what vjp gives when it reads squared inputs */
    GRA_CURVATURE_OWN,      /* dx is what .curvature_rule gives */
    GRA_CURVATURE_GRADIENT, /* a criterion on top of a loss: the gradient goes through, by vjp */
    GRA_CURVATURE_LOSS,     /* second derivatives begin here: .curvature_rule makes them of the
                                  gradient of the output */
} gra_curvature_kind;

/* Receives the next rows of a gradient; false where there is no use in going on. */
typedef bool (*gra_take_strip)(void *context, gra_tensor *strip);

struct gra_op {
    const char *schema; /* "sum(Tensor x, int[] dims=[], bool keepdim=False) -> Tensor" */
    const char *doc;    /* optional: what the op does, for gra_op_doc and `gradus ops NAME` */

    /* Fills c->out from c->in and c->args. Nothing it calls is recorded (unless composite). On a
     * mistake it calls gra_fail and leaves c->out[0] NULL. Its temporaries are released for it. */
    void (*forward)(gra_call *c);

    gra_fn function; /* in place of forward; called by libffi */

    /* g[k] is the gradient of output k: zeros where nothing used that output, and NULL only where it
     * cannot have one (an integer, a bool, or .non_differentiable). Sets dx[i] to the gradient of
     * input i for each i with c->needs[i]. A gradient may keep broadcast dims; the engine sums them
     * away. An op without a vjp works until a gradient would flow through it, which is an error. */
    void (*vjp)(gra_call *c, gra_tensor **g, gra_tensor **dx);

    /* Optional, for inputs whose gradient is large: the gradient of input i alone, to the same
     * bits, in strips [rows, ..] that follow each other along its first dim. Each is handed to
     * take, which may write these rows of the input at once: an optimizer with .fused_backward asks
     * for it, so that the whole is never there. It is called after vjp, for which c->needs[i] was
     * false; c->in[i] is NULL. */
    void (*vjp_strips)(gra_call *c, gra_tensor **g, int i, gra_take_strip take, void *context);

    gra_curvature_kind curvature;
    void (*curvature_rule)(gra_call *c, gra_tensor **h,
                           gra_tensor **dx); /* as a vjp; for two kinds */

    gra_saves strips; /* GRA_IN(i) for the inputs that vjp_strips is for */
    gra_saves saves;  /* what vjp reads of c->in and c->out; 0 is all inputs */
    size_t args_size; /* bytes of the struct of arguments */

    /* GRA_OUT(k) for floating-point outputs that no gradient flows through: they do not require one.
     * Integers and bools never do. */
    gra_saves non_differentiable;
    bool inplace; /* out[0] is in[0], written: the schema marks it Tensor(a!) */
    bool view;    /* an output that shares memory with an input shows its elements as they are, and
                       vjp is the gradient of that, so it may be written in place: Tensor(a) */
    bool composite; /* forward is made of recorded ops, so the op needs no node of its own */

    /* Optional, for gra_check_op: fills in the i-th call to try, counted from 0; false where there is
     * none. See autograd/check_op.h. */
    bool (*sample)(gra_sample *s, int i);

    /* Optional, for gra_profile: how many multiplications and additions a forward that has just run
     * is worth, from the shapes of c->in and c->out and the arguments. */
    double (*flops)(const gra_call *c);
};

/* Applies op to count inputs and returns its one output. An optional tensor may be NULL; a NULL for
 * a required one returns NULL, with an error unless one is pending. args may be NULL where
 * args_size is 0. */
gra_tensor *gra_apply(const gra_op *op, gra_tensor *const *inputs, int count, const void *args);

/* The same for several outputs. Returns 0, or -1 with all outputs NULL. */
int gra_apply_many(const gra_op *op, gra_tensor *const *inputs, int count, const void *args,
                   gra_tensor **outputs, int output_count);

/* A function with the natural arguments of the op's schema (see above), which calls gra_apply with
 * them: for an op with a .function one of the same type, which is recorded. Registers the op. It is
 * made once for each op and is for the life of the process. NULL with an error where the op is wrong,
 * or the system or the build has no such functions; gra_apply always works. */
gra_fn gra_op_function(const gra_op *op);

/* Shape and dtype of input i, also in a vjp that did not save it. */
gra_shape gra_call_shape(const gra_call *c, int i);
gra_dtype gra_call_dtype(const gra_call *c, int i);

/* An argument by its name in the schema; 0 with an error where there is none of that kind. */
double gra_call_float(const gra_call *c, const char *name);
int64_t gra_call_int(const gra_call *c, const char *name);
bool gra_call_bool(const gra_call *c, const char *name);
const char *gra_call_string(const gra_call *c, const char *name);
gra_dtype gra_call_scalar_type(const gra_call *c, const char *name);
const int64_t *gra_call_ints(const gra_call *c, const char *name, int *count); /* of the call's */

/* Name of an op, up to the parenthesis in its schema; valid until the thread's next call. */
const char *gra_op_name(const gra_op *op);

/* Grad mode of this thread: whether ops are recorded. Returns what it was. */
bool gra_set_grad(bool enabled);
bool gra_grad_enabled(void);

/* Whether this thread is running a function again for gra_checkpoint: what a forward changes besides its
 * results, such as running statistics, it leaves as it is then, as it was changed the first time. */
bool gra_is_recomputing(void);

GRA_END_DECLS

#endif
