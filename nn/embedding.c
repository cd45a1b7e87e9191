/* embedding.c - a table of vectors that are learned, looked up by indices. */
#include "core/create.h"
#include "core/error.h"
#include "core/random.h"
#include "core/scope.h"
#include "nn/layer.h"
#include "nn/layers.h"

typedef struct embedding {
    gra_tensor *weight;
    gra_nn_embedding_options options; /* padding_idx not negative, or GRA_NO_INDEX */
} embedding;

static gra_tensor *forward(gra_module *self, gra_tensor *x)
{
    const embedding *const e = gra_module_data(self);
    return gra_embedding(x, e->weight, e->options.padding_idx, e->options.scale_grad_by_freq);
}

static void describe(const gra_module *self, FILE *text)
{
    const embedding *const e = gra_module_data(self);
    const gra_nn_embedding_options *const o = &e->options;
    fprintf(text, "%lld, %lld", (long long)o->num_embeddings, (long long)o->embedding_dim);
    if (o->padding_idx != GRA_NO_INDEX)
        fprintf(text, ", padding_idx=%lld", (long long)o->padding_idx);
    if (o->scale_grad_by_freq)
        fputs(", scale_grad_by_freq=True", text);
}

static const gra_module_class embedding_class = {
    .name = "Embedding",
    .forward = forward,
    .describe = describe,
};

gra_nn_embedding_options gra_nn_embedding_defaults(void)
{
    return (gra_nn_embedding_options){.padding_idx = GRA_NO_INDEX};
}

/* A padding row counted from the end as one from the start; false with an error outside. */
static bool wrap_padding(gra_nn_embedding_options *o)
{
    const int64_t given = o->padding_idx, rows = o->num_embeddings;
    if (given == GRA_NO_INDEX)
        return true;
    if (given < -rows || given >= rows)
        gra_fail("Embedding: padding_idx %lld is out of range for %lld rows", (long long)given,
                 (long long)rows);
    o->padding_idx = given < 0 ? given + rows : given;
    return !gra_error();
}

/* Normal numbers, and a padding row of zeros. */
static void draw(gra_tensor *weight, const gra_nn_embedding_options *o)
{
    const bool skips = gra__skip_init(false);
    gra__skip_init(skips);
    if (skips || !weight)
        return;
    const bool was = gra_set_grad(false);
    gra_normal_(weight, 0, 1);
    if (o->padding_idx != GRA_NO_INDEX)
        gra_zero_(gra_select(weight, 0, o->padding_idx));
    gra_set_grad(was);
}

gra_module *gra_nn_embedding_with(gra_nn_embedding_options o)
{
    if (gra_error() || !gra__check_positive("Embedding", "num_embeddings", o.num_embeddings) ||
        !gra__check_positive("Embedding", "embedding_dim", o.embedding_dim) || !wrap_padding(&o))
        return NULL;
    gra_module *const self = gra_module_new(&embedding_class, sizeof(embedding));
    embedding *const e = gra_module_data(self);
    if (!e)
        return NULL;
    const int mark = gra_mark();
    e->options = o;
    e->weight = gra_module_add_parameter(self, "weight",
                                         gra_empty(GRA_SHAPE(o.num_embeddings, o.embedding_dim)));
    draw(e->weight, &o);
    gra_release(mark);
    return gra_module_finish(self);
}
