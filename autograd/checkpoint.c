/* checkpoint.c - functions that run again in the backward pass.
 *
 *     first run     node [ticket 0]   node [ticket 1, leaf w]   node [ticket 2]     what was saved is gone
 *                          \                 |                  /
 *                           +------------> frame <-------------+                   owns the inputs
 *     second run    again[0], again[2]                                             aliases of what it saves
 *
 * Both runs record, and pack what their nodes save (core/packed.h).  The first gives out tickets with
 * a number each; the second, whose own graph is thrown away, saves the same tensors in the same order.  A
 * leaf that requires a gradient stays with its ticket, as it lives anyway.
 *
 * Where checkpoints are nested, the inputs of the inner one are packed by the outer one, so that they go
 * and come as what nodes save does.
 */
#include "autograd/checkpoint.h"

#include <stdlib.h>

#include "autograd/walk.h"
#include "core/alloc_cache.h"
#include "core/error.h"
#include "core/error_path.h"
#include "core/grad_mode.h"
#include "core/packed.h"
#include "core/random.h"

/* An input of the function: a tensor without history, or one that is packed. */
typedef struct input {
    gra_tensor *tensor; /* owned, or NULL */
    gra__packed packed;
    uint32_t version; /* of the tensor's storage */
    bool requires_grad;
} input;

/* What the second run must save again. */
typedef struct saved {
    gra_shape shape;
    gra_dtype dtype;
    bool is_leaf; /* the ticket has it */
} saved;

/* What the second run saved; it may write into it later. */
typedef struct again {
    gra_tensor *tensor; /* owned, NULL once it was handed out */
    uint32_t version;   /* of its storage when it was saved */
} again;

typedef struct frame {
    gra_object head; /* owned by its tickets and by the first run */
    gra_checkpoint_options call;
    input *inputs;
    gra_generator_state random; /* before the first run */
    saved *list;                /* in the order of saving */
    size_t count, capacity;
    again *again; /* [again_count] or NULL */
    size_t again_count;
    gra__ending ending; /* of the walk that had it run again */
    bool complete;      /* the first run has ended */
} frame;

typedef struct ticket {
    frame *frame;     /* owned */
    size_t number;    /* in the frame's list */
    gra_tensor *leaf; /* owned; or NULL */
    uint32_t version; /* of the leaf's storage */
} ticket;

static void forget_again(void *context)
{
    frame *const f = context;
    for (size_t i = 0; i < f->again_count; i++)
        gra__release(f->again[i].tensor);
    gra__dealloc(f->again, f->again_count * sizeof *f->again);
    f->again = NULL;
    f->again_count = 0;
}

static void frame_destroy(void *self)
{
    frame *const f = self;
    gra__not_at_walk_end(&f->ending);
    forget_again(f);
    for (int i = 0; f->inputs && i < f->call.count; i++) {
        gra__release(f->inputs[i].tensor);
        gra__packed_free(&f->inputs[i].packed);
    }
    gra__dealloc(f->inputs, (size_t)f->call.count * sizeof *f->inputs);
    free(f->list);
    if (f->call.drop)
        f->call.drop(f->call.context);
    gra__dealloc(f, sizeof *f);
}

static const gra_kind frame_kind = {
    .name = "checkpoint", .keeper = "its graph", .destroy = frame_destroy};

/* ---- the inputs ---- */

/* An alias without history that requires a gradient where t does: what it is saved as. */
static gra_tensor *without_history(gra_tensor *t, bool requires_grad)
{
    gra_tensor *const alias = gra__alias(t);
    if (alias)
        alias->requires_grad = requires_grad;
    return alias;
}

static bool keep_input(frame *f, int i)
{
    gra_tensor *const t = f->call.inputs[i];
    input *const kept = &f->inputs[i];
    if (!t)
        return true;
    kept->requires_grad = t->requires_grad;
    kept->version = t->storage->version;
    if (gra__current_packing)
        return gra__pack(&kept->packed, t);
    kept->tensor = without_history(t, t->requires_grad);
    return kept->tensor != NULL;
}

/* Input i for the second run, in the current scope. */
static gra_tensor *restore_input(const frame *f, int i)
{
    const input *const kept = &f->inputs[i];
    if (kept->packed.packing) {
        gra_tensor *const t = gra__unpack(&kept->packed, false);
        return t ? gra__scoped(without_history(t, kept->requires_grad)) : NULL;
    }
    const gra_tensor *const t = kept->tensor;
    char text[GRA_SHAPE_TEXT];
    if (!t)
        return NULL;
    if (t->storage->version != kept->version)
        return gra_fail("gra_checkpoint: input %d (%s %s) was modified in place by %.*s since the "
                        "function ran, which is to run again; give it a gra_clone",
                        i, gra_dtype_name(t->dtype), gra_shape_text(t->shape, text),
                        GRA__NAME(t->storage->writer));
    return gra__scoped(without_history(kept->tensor, kept->requires_grad));
}

/* ---- the first run ---- */

static bool note_saved(frame *f, const gra_tensor *t, bool is_leaf)
{
    if (f->count == f->capacity) {
        saved *const moved = gra__walk_grown(f->list, &f->capacity, sizeof *moved);
        if (!moved)
            return false;
        f->list = moved;
    }
    f->list[f->count++] = (saved){.shape = t->shape, .dtype = t->dtype, .is_leaf = is_leaf};
    return true;
}

static void *take_ticket(gra_tensor *t, void *context)
{
    frame *const f = context;
    const bool is_leaf = t->requires_grad && !t->node;
    ticket *const made = gra__alloc(sizeof *made);
    if (!made || !note_saved(f, t, is_leaf)) {
        gra__dealloc(made, sizeof *made);
        return NULL;
    }
    *made = (ticket){
        .frame = f,
        .number = f->count - 1,
        .leaf = is_leaf ? t : NULL,
        .version = t->storage->version,
    };
    gra__retain(f);
    gra__retain(made->leaf);
    return made;
}

static void drop_ticket(void *packed, void *context)
{
    (void)context;
    ticket *const gone = packed;
    gra__release(gone->leaf);
    gra__release(gone->frame);
    gra__dealloc(gone, sizeof *gone);
}

/* ---- the second run ---- */

typedef struct second_run {
    frame *frame;
    size_t next;    /* number of the next tensor that is saved */
    bool different; /* it saved something else */
} second_run;

/* What the second run's own nodes keep is an alias, for a rule that runs within the function. */
static void *save_again(gra_tensor *t, void *context)
{
    second_run *const run = context;
    frame *const f = run->frame;
    if (run->next < f->again_count) {
        const saved *const expected = &f->list[run->next];
        run->different |=
            t->dtype != expected->dtype || !gra_shape_equal(t->shape, expected->shape);
        if (!expected->is_leaf)
            f->again[run->next] = (again){gra__alias(t), t->storage->version};
    }
    run->next++;
    return gra__alias(t);
}

static gra_tensor *use_again(void *packed, void *context)
{
    (void)context;
    gra__retain(packed);
    return gra__scoped(packed);
}

static void drop_again(void *packed, void *context)
{
    (void)context;
    gra__release(packed);
}

static void call_again(frame *f, second_run *run)
{
    const int mark = gra_mark();
    const size_t bytes = (size_t)f->call.count * sizeof(gra_tensor *);
    gra_tensor **const inputs = gra__alloc(bytes);
    for (int i = 0; inputs && i < f->call.count; i++)
        inputs[i] = restore_input(f, i);
    gra__packing *const outer = gra__current_packing;
    const gra__packing packing = {
        .pack = save_again, .unpack = use_again, .drop = drop_again, .context = run};
    if (!gra_error() && gra__packing_push(packing)) {
        const bool inference = gra_set_inference(false); /* in which nothing would be recorded */
        gra_set_grad(true);
        f->call.function(inputs, f->call.count, f->call.context);
        gra_set_grad(false);
        gra_set_inference(inference);
        gra__packing_pop_to(outer);
    }
    gra__dealloc(inputs, bytes);
    gra_release(mark);
}

/* Fills f->again. False with an error. */
static bool run_again(frame *f)
{
    second_run run = {.frame = f};
    forget_again(f);
    f->again = gra__alloc_zeroed(f->count * sizeof *f->again);
    if (!f->again)
        return false;
    f->again_count = f->count;
    f->ending.fn = forget_again;
    f->ending.context = f;
    gra__at_walk_end(&f->ending);
    const gra_generator_state now = gra_generator_get_state(NULL);
    const bool was = gra__set_recomputing(true);
    if (f->call.preserve_rng_state)
        gra_generator_set_state(NULL, f->random);
    call_again(f, &run);
    if (f->call.preserve_rng_state)
        gra_generator_set_state(NULL, now);
    gra__set_recomputing(was);
    if (gra_error())
        gra__error_inside("the second run of ", "gra_checkpoint");
    else if (run.different || (f->complete && run.next != f->count))
        gra_fail("gra_checkpoint: the function saved %zu tensors when it ran first, and %s when it "
                 "ran again for the backward pass; it must do the same both times",
                 f->count, run.next == f->count ? "others" : "another number of them");
    return !gra_error();
}

/* t, unless it was written since it had a version; then NULL with an error. */
static gra_tensor *unchanged(gra_tensor *t, uint32_t version, const char *what, const char *cure)
{
    char text[GRA_SHAPE_TEXT];
    if (!t || t->storage->version == version)
        return t;
    return gra_fail("gra_checkpoint: a %s (%s %s) was modified in place by %.*s since; %s", what,
                    gra_dtype_name(t->dtype), gra_shape_text(t->shape, text),
                    GRA__NAME(t->storage->writer), cure);
}

static gra_tensor *redeem_ticket(void *packed, void *context)
{
    (void)context;
    const ticket *const t = packed;
    frame *const f = t->frame;
    if (t->leaf)
        return unchanged(t->leaf, t->version, "leaf that the function used",
                         "the backward pass comes before that");
    if ((t->number >= f->again_count || !f->again[t->number].tensor) && !run_again(f))
        return NULL;
    const again found = f->again[t->number];
    f->again[t->number].tensor = NULL; /* so that it goes with its rule */
    return unchanged(gra__scoped(found.tensor), found.version,
                     "tensor that an op of the function saved",
                     "use the out-of-place op, or give the first op a gra_clone");
}

/* ---- the call ---- */

gra_checkpoint_options gra_checkpoint_defaults(void)
{
    return (gra_checkpoint_options){.preserve_rng_state = true};
}

static frame *frame_new(const gra_checkpoint_options *o)
{
    frame *const f = gra__alloc_zeroed(sizeof *f);
    if (!f)
        return NULL;
    gra__object_init(&f->head, &frame_kind, 0);
    f->call = *o;
    f->call.drop = NULL; /* until the frame is whole, the context is the caller's to drop */
    f->random = gra_generator_get_state(NULL);
    f->inputs = gra__alloc_zeroed((size_t)o->count * sizeof *f->inputs);
    bool fine = f->inputs != NULL;
    for (int i = 0; i < o->count && fine; i++)
        fine = keep_input(f, i);
    f->call.inputs = NULL;
    if (fine) {
        f->call.drop = o->drop;
        return f;
    }
    gra__release(f);
    return NULL;
}

/* Runs the function for the caller. */
static gra_tensor *result_of(const gra_checkpoint_options *o)
{
    gra_tensor *const y = o->function(o->inputs, o->count, o->context);
    if (!y)
        gra_fail("gra_checkpoint: the function returned NULL; a tensor is needed");
    return y;
}

static gra_tensor *call_first(const gra_checkpoint_options *o)
{
    frame *const f = frame_new(o);
    gra__packing *const outer = gra__current_packing;
    const gra__packing packing = {
        .pack = take_ticket, .unpack = redeem_ticket, .drop = drop_ticket, .context = f};
    if (!f && o->drop)
        o->drop(o->context);
    gra_tensor *y = NULL;
    if (f && gra__packing_push(packing)) {
        y = result_of(o);
        gra__packing_pop_to(outer);
        f->complete = true;
    }
    gra__release(f);
    return gra_error() ? NULL : y;
}

gra_tensor *gra_checkpoint_with(gra_checkpoint_options o)
{
    if (!gra_error() && !o.function)
        gra_fail("gra_checkpoint: the function is NULL");
    else if (!gra_error() && (o.count < 0 || (o.count > 0 && !o.inputs)))
        gra_fail("gra_checkpoint: %s",
                 o.inputs ? "the number of inputs is negative" : "the list of inputs is NULL");
    const int mark = gra_mark();
    gra_tensor *y = NULL;
    if (!gra_error() && gra_grad_enabled())
        return gra_release_keep(mark, call_first(&o));
    if (!gra_error())
        y = gra_release_keep(mark, result_of(&o));
    if (o.drop)
        o.drop(o.context);
    return y;
}
