/* sgd.c - stochastic gradient descent: one pass over each parameter, its gradient and its
 * buffer. */
#include "core/error.h"
#include "core/tensor_struct.h"
#include "core/threads.h"
#include "ops/iterate.h"
#include "ops/kernels/isa.h"
#include "optim/optim_struct.h"

/* Elements that one thread takes at a time: enough to pay for waking it, and a multiple of every
 * vector, so that the bits do not depend on the number of threads. */
enum { CHUNK = 1 << 15 };

typedef struct sgd {
    gra_optim base;
    gra__sgd_step step; /* all but lr and first */
} sgd;

static void run_chunk(gra_tensor *p, gra_tensor *g, gra_tensor *b, const gra__sgd_step *step,
                      int64_t chunk)
{
    const int64_t from = chunk * CHUNK, left = p->numel - from;
    const size_t skip = (size_t)from * gra_dtype_size(p->dtype);
    gra__kernels_get()->elementwise->sgd[p->dtype](
        (size_t)(left < CHUNK ? left : CHUNK), (char *)gra__ptr(p) + skip,
        (char *)gra__ptr(g) + skip, b ? (char *)gra__ptr(b) + skip : NULL, step);
}

static void run(gra_tensor *p, gra_tensor *g, gra_tensor *b, const gra__sgd_step *step)
{
    const int64_t chunks = (p->numel + CHUNK - 1) / CHUNK;
    const int64_t threads = gra__threads() < chunks ? gra__threads() : chunks;
    if (threads <= 1) {
        for (int64_t i = 0; i < chunks; i++)
            run_chunk(p, g, b, step, i);
        return;
    }
#pragma omp parallel for num_threads((int)threads) schedule(static)
    for (int64_t i = 0; i < chunks; i++)
        run_chunk(p, g, b, step, i);
}

/* t as the loop takes it: row-major, in the dtype that it computes in. */
static gra_tensor *flat(gra_tensor *t, gra_dtype dtype)
{
    return t->contiguous ? gra__converted(t, dtype) : gra__row_major_copy(t, dtype);
}

static bool put_back(gra_tensor *t, gra_tensor *copy)
{
    return copy == t || gra__copy_into("gra_step", t, copy);
}

static int update(const gra_optim *opt, gra_tensor *p, gra_tensor *g, gra_tensor *memory,
                  bool first)
{
    const gra_dtype dtype = p->dtype == GRA_BFLOAT16 ? GRA_FLOAT32 : p->dtype;
    gra__sgd_step step = ((const sgd *)opt)->step;
    step.lr = opt->lr;
    step.first = first;
    gra_tensor *const to = flat(p, dtype), *const from = flat(g, dtype);
    gra_tensor *const buffer = memory ? flat(memory, dtype) : NULL;
    if (gra_error())
        return -1;
    run(to, from, buffer, &step);
    return put_back(p, to) && (!memory || put_back(memory, buffer)) ? 0 : -1;
}

static const gra__optim_class sgd_class = {.name = "SGD", .size = sizeof(sgd), .update = update};

gra_sgd_options gra_sgd_defaults(void)
{
    return (gra_sgd_options){.lr = 1e-3};
}

gra_sgd_tensors_options gra_sgd_tensors_defaults(void)
{
    return (gra_sgd_tensors_options){.lr = 1e-3};
}

static bool check(const gra_sgd_tensors_options *o)
{
    if (gra_error() || !gra__optim_check("SGD", "momentum", o->momentum) ||
        !gra__optim_check("SGD", "weight_decay", o->weight_decay))
        return false;
    if (o->nesterov && !(o->momentum > 0 && o->dampening == 0))
        gra_fail("SGD: nesterov needs a momentum above 0 and no dampening; momentum is %g and "
                 "dampening %g",
                 o->momentum, o->dampening);
    return !gra_error();
}

static gra_optim *configured(gra_optim *opt, const gra_sgd_tensors_options *o)
{
    if (!opt)
        return NULL;
    opt->remembers = o->momentum != 0;
    ((sgd *)opt)->step = (gra__sgd_step){
        .momentum = o->momentum,
        .dampening = o->dampening,
        .weight_decay = o->weight_decay,
        .nesterov = o->nesterov,
        .maximize = o->maximize,
    };
    return o->fused_backward ? gra__optim_fuse(opt) : opt;
}

gra_optim *gra_sgd_tensors_with(gra_sgd_tensors_options o)
{
    return check(&o) ? configured(gra__optim_new_for(&sgd_class, o.lr, o.tensors, o.count), &o)
                     : NULL;
}

gra_optim *gra_sgd_with(gra_sgd_options o)
{
    const gra_sgd_tensors_options shared = {
        .momentum = o.momentum,
        .dampening = o.dampening,
        .weight_decay = o.weight_decay,
        .nesterov = o.nesterov,
        .maximize = o.maximize,
        .fused_backward = o.fused_backward,
    };
    return check(&shared) ? configured(gra__optim_new(&sgd_class, o.lr, o.module), &shared) : NULL;
}
