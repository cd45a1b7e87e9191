/* batch.c - making one batch. */
#include "data/batch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/alloc_cache.h"
#include "core/error.h"
#include "core/error_path.h"
#include "core/philox.h"
#include "core/random.h"
#include "core/tensor_struct.h"
#include "ops/ops.h"

enum { MOST_FAILURES = 1000 }; /* of a stream, one behind the other: it will not get better */

void gra__seed_generator(uint64_t seed, uint64_t epoch, uint64_t number)
{
    uint32_t bits[4];
    gra__philox(seed, epoch, number, bits);
    const gra_generator_state state = {.seed = (uint64_t)bits[0] << 32 | bits[1]};
    gra_generator_set_state(NULL, state);
}

void gra__batch_drop(gra__batch *batch)
{
    gra__release(batch->x);
    gra__release(batch->y);
    free(batch->reason);
    *batch = (gra__batch){0};
}

/* ---- examples gathered for a batch ---- */

static void gather_clear(gra__gather *g)
{
    for (int64_t i = 0; i < g->count; i++) {
        gra__release(g->xs[i]);
        gra__release(g->ys[i]);
    }
    g->count = 0;
}

static void gather_free(gra__gather *g)
{
    const size_t bytes = (size_t)g->room * sizeof(gra_tensor *);
    gather_clear(g);
    gra__dealloc(g->xs, bytes);
    gra__dealloc(g->ys, bytes);
    *g = (gra__gather){0};
}

static bool gather_grow(gra__gather *g)
{
    const int64_t room = g->room ? 2 * g->room : 16;
    const size_t bytes = (size_t)room * sizeof(gra_tensor *);
    const size_t used = (size_t)g->count * sizeof(gra_tensor *);
    gra_tensor **const xs = gra__alloc(bytes), **const ys = gra__alloc(bytes);
    if (!xs || !ys) {
        gra__dealloc(xs, bytes);
        gra__dealloc(ys, bytes);
        return false;
    }
    if (used) {
        memcpy(xs, g->xs, used);
        memcpy(ys, g->ys, used);
    }
    gra__dealloc(g->xs, (size_t)g->room * sizeof(gra_tensor *));
    gra__dealloc(g->ys, (size_t)g->room * sizeof(gra_tensor *));
    g->xs = xs;
    g->ys = ys;
    g->room = room;
    return true;
}

/* Whether part (x or y) of example i is like that of the batch's first example. */
static bool alike(const char *name, char part, int64_t first, const gra_tensor *a, int64_t i,
                  const gra_tensor *b)
{
    char ta[GRA_SHAPE_TEXT], tb[GRA_SHAPE_TEXT];
    if (a->dtype == b->dtype && gra_shape_equal(a->shape, b->shape))
        return true;
    return gra_fail(
        "gra_data_next: %c of example %lld of the data set %s is %s %s and that of "
        "example %lld is %s %s; all must have the same dtype and shape: a .transform makes them "
        "alike, a .collate function batches what differs",
        part, (long long)first, name, gra_dtype_name(a->dtype), gra_shape_text(a->shape, ta),
        (long long)i, gra_dtype_name(b->dtype), gra_shape_text(b->shape, tb));
}

/* Keeps example `number`; false with an error. */
static bool gather_add(gra__gather *g, const gra__recipe *r, int64_t number, gra_tensor *x,
                       gra_tensor *y)
{
    const char *const name = gra__dataset_class(r->set)->name;
    if (!g->count)
        g->first = number;
    else if (!r->collate && (!alike(name, 'x', g->first, g->xs[0], number, x) ||
                             !alike(name, 'y', g->first, g->ys[0], number, y)))
        return false;
    if (g->count == g->room && !gather_grow(g))
        return false;
    gra__retain(g->xs[g->count] = x);
    gra__retain(g->ys[g->count] = y);
    g->count++;
    return true;
}

/* Hands x and y to *out, or gives the error a reason; false with an error. */
static bool deliver(const gra__recipe *r, const char *what, bool fine, gra_tensor *x, gra_tensor *y,
                    gra__batch *out)
{
    if (!fine || !x || !y || gra_error())
        return gra_fail("gra_data_next: the %s of the data set %s gave no batch and no reason",
                        what, gra__dataset_class(r->set)->name);
    gra__retain(out->x = x);
    gra__retain(out->y = y);
    return true;
}

/* The batch of what was gathered, which is empty afterwards, also on failure. */
static gra__outcome collate(const gra__recipe *r, gra__gather *g, gra__batch *out)
{
    gra_tensor *x = NULL, *y = NULL;
    if (!g->count)
        return GRA__MADE;
    const int mark = gra_mark();
    const gra_collate fn = r->collate ? r->collate : gra_collate_stack;
    const bool fine = fn(g->xs, g->ys, g->count, &x, &y, r->collate_context) == 0;
    const bool made = deliver(r, "collate function", fine, x, y, out);
    gra_release(mark);
    gather_clear(g);
    return made ? GRA__MADE : GRA__FAILED;
}

/* ---- examples that fail ---- */

/* Whether the pending error is one example's own, and may be skipped: not a lack of memory. */
static bool may_skip(const gra__recipe *r)
{
    return r->skip_errors && gra_error() && !strstr(gra_error(), "out of memory");
}

/* Counts an example as left out, for the reason that is pending. */
static void skip(int64_t *skipped, char **reason)
{
    free(*reason);
    *reason = strdup(gra_error()); /* NULL: no reason is told */
    ++*skipped;
    gra_clear_error();
}

/* Adds which example it was, unless the text says so. */
static void name_example(const gra_dataset *set, int64_t i)
{
    char where[64];
    if (!gra_error() || !strncmp(gra_error(), "gra_dataset_get:", strlen("gra_dataset_get:")))
        return;
    snprintf(where, sizeof where, "example %lld of the data set ", (long long)i);
    gra__error_inside(where, gra__dataset_class(set)->name);
}

/* ---- batches by index ---- */

static bool holds(const gra_tensor *t, int64_t count)
{
    return t->shape.count > 0 && t->shape.size[0] == count;
}

/* The data set's own way to make a batch, and whether it kept its word. */
static gra__outcome get_batch(const gra__recipe *r, uint64_t epoch, const int64_t *indices,
                              int64_t count, gra__batch *out)
{
    const gra_dataset_class *const class_ = gra__dataset_class(r->set);
    char tx[GRA_SHAPE_TEXT], ty[GRA_SHAPE_TEXT];
    gra_tensor *x = NULL, *y = NULL;
    gra__seed_generator(r->seed, epoch, (uint64_t)indices[0]);
    if (class_->get_batch(r->set, indices, count, &x, &y) != 0 || !x || !y || gra_error())
        gra_fail("gra_data_next: the data set %s gave no batch of %lld examples and no reason",
                 class_->name, (long long)count);
    else if (!holds(x, count) || !holds(y, count))
        gra_fail("gra_data_next: a batch of the data set %s has shapes %s and %s; the first sizes "
                 "must be %lld",
                 class_->name, gra_shape_text(x->shape, tx), gra_shape_text(y->shape, ty),
                 (long long)count);
    return deliver(r, "function get_batch", true, x, y, out) ? GRA__MADE : GRA__FAILED;
}

/* Example i into g; false with an error. */
static bool get_example(const gra__recipe *r, uint64_t epoch, int64_t i, gra__gather *g,
                        gra__batch *out)
{
    gra_tensor *x, *y;
    const int mark = gra_mark();
    gra__seed_generator(r->seed, epoch, (uint64_t)i);
    const bool got = gra_dataset_get(r->set, i, &x, &y) == 0;
    if (got)
        gather_add(g, r, i, x, y);
    else
        name_example(r->set, i);
    gra_release(mark);
    if (!got && may_skip(r))
        skip(&out->skipped, &out->reason);
    return !gra_error();
}

static gra__outcome get_examples(const gra__recipe *r, uint64_t epoch, const int64_t *indices,
                                 int64_t count, const gra__gate *gate, gra__batch *out)
{
    gra__gather g = {0};
    gra__outcome result = GRA__MADE;
    for (int64_t i = 0; i < count && result == GRA__MADE; i++)
        if (gate && !gate->go_on(gate->context))
            result = GRA__STOPPED;
        else if (!get_example(r, epoch, indices[i], &g, out))
            result = GRA__FAILED;
    if (result == GRA__MADE)
        result = collate(r, &g, out);
    gather_free(&g);
    return result;
}

/* What a thread was in the middle of. */
typedef struct surroundings {
    gra_generator_state generator;
    int mark;
    bool grad;
} surroundings;

static surroundings step_aside(void)
{
    return (surroundings){gra_generator_get_state(NULL), gra_mark(), gra_set_grad(false)};
}

static gra__outcome step_back(surroundings s, gra__outcome result, gra__batch *out)
{
    gra_release(s.mark);
    gra_generator_set_state(NULL, s.generator);
    gra_set_grad(s.grad);
    if (result != GRA__MADE && result != GRA__ENDED)
        gra__batch_drop(out);
    return result;
}

gra__outcome gra__batch_make(const gra__recipe *r, uint64_t epoch, const int64_t *indices,
                             int64_t count, const gra__gate *gate, gra__batch *out)
{
    const surroundings s = step_aside();
    gra__outcome result = GRA__FAILED;
    const bool whole = gra__dataset_class(r->set)->get_batch && !r->collate;
    if (whole && gate && !gate->go_on(gate->context))
        return step_back(s, GRA__STOPPED, out);
    if (whole)
        result = get_batch(r, epoch, indices, count, out);
    if (whole && result == GRA__FAILED && may_skip(r))
        gra_clear_error(); /* one by one, to see which are bad */
    if (!gra_error() && result == GRA__FAILED)
        result = get_examples(r, epoch, indices, count, gate, out);
    return step_back(s, result, out);
}

/* ---- batches of a stream ---- */

static gra__outcome begin_stream(const gra__recipe *r, gra__stream *stream)
{
    if (!stream->begun && gra__reader_begin(&stream->reader, r->set) < 0)
        return GRA__FAILED;
    stream->begun = true;
    return GRA__MADE;
}

/* The next example into the stream's batch; ends the stream. */
static gra__outcome next_example(const gra__recipe *r, uint64_t epoch, gra__stream *stream)
{
    gra_tensor *x, *y;
    const int mark = gra_mark();
    gra__seed_generator(r->seed, epoch, (uint64_t)stream->number);
    const int got = gra__reader_next(&stream->reader, &x, &y);
    stream->ended = got == 0;
    stream->failures = got < 0 ? stream->failures + 1 : 0;
    if (got == 1)
        gather_add(&stream->examples, r, stream->number, x, y);
    else if (got < 0)
        name_example(r->set, stream->number);
    stream->number += stream->step;
    gra_release(mark);
    if (got < 0 && may_skip(r) && stream->failures < MOST_FAILURES)
        skip(&stream->skipped, &stream->reason);
    return gra_error() ? GRA__FAILED : GRA__MADE;
}

/* Reads up to a batch, which goes on with what an error or a stop left. */
static gra__outcome read_batch(const gra__recipe *r, uint64_t epoch, gra__stream *stream,
                               const gra__gate *gate)
{
    gra__outcome result = begin_stream(r, stream);
    while (result == GRA__MADE && !stream->ended && stream->examples.count < r->batch)
        if (gate && !gate->go_on(gate->context))
            result = GRA__STOPPED;
        else
            result = next_example(r, epoch, stream);
    return result;
}

gra__outcome gra__batch_read(const gra__recipe *r, uint64_t epoch, gra__stream *stream,
                             const gra__gate *gate, gra__batch *out)
{
    const surroundings s = step_aside();
    gra__outcome result = read_batch(r, epoch, stream, gate);
    if (result == GRA__MADE && r->drop_last && stream->examples.count < r->batch)
        gather_clear(&stream->examples);
    if (result == GRA__MADE && stream->ended && !stream->examples.count)
        result = GRA__ENDED;
    if (result == GRA__MADE)
        result = collate(r, &stream->examples, out);
    if (result == GRA__MADE || result == GRA__ENDED) {
        out->skipped = stream->skipped;
        out->reason = stream->reason;
        stream->skipped = 0;
        stream->reason = NULL;
    }
    return step_back(s, result, out);
}

void gra__stream_end(gra__stream *stream)
{
    gather_free(&stream->examples);
    if (stream->begun)
        gra__reader_end(&stream->reader);
    free(stream->reason);
    *stream = (gra__stream){0};
}
