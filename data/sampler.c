/* sampler.c - samplers as objects. */
#include "data/sampler_class.h"

#include "core/alloc_cache.h"
#include "core/error.h"
#include "core/object_struct.h"

struct gra_sampler {
    gra_object head;
    const gra_sampler_class *class_;
    size_t data_size;
    void *data;
};

static void sampler_destroy(void *self)
{
    gra_sampler *const s = self;
    if (s->class_->destroy)
        s->class_->destroy(s);
    gra__dealloc(s->data, s->data_size);
    gra__dealloc(s, sizeof *s);
}

static const gra_kind sampler_kind = {
    .name = "sampler", .keeper = "its loader", .destroy = sampler_destroy};

gra_sampler *gra_sampler_new(const gra_sampler_class *class_, size_t data_size)
{
    if (gra_error())
        return NULL;
    if (!class_ || !class_->name || !class_->size || !class_->draw)
        return gra_fail("gra_sampler_new: a class with a name and the functions size and draw is "
                        "needed");
    gra_sampler *const s = gra__alloc_zeroed(sizeof *s);
    if (!s)
        return NULL;
    s->class_ = class_;
    s->data_size = data_size;
    if (data_size && !(s->data = gra__alloc_zeroed(data_size))) {
        gra__dealloc(s, sizeof *s);
        return NULL;
    }
    gra__object_init(&s->head, &sampler_kind, 1);
    return s;
}

void *gra_sampler_data(const gra_sampler *s)
{
    return s ? s->data : NULL;
}

int64_t gra_sampler_size(const gra_sampler *s)
{
    return s ? s->class_->size(s) : -1;
}

int gra_sampler_draw(const gra_sampler *s, int64_t epoch, int64_t *indices)
{
    if (!s || gra_error())
        return -1;
    if (!indices)
        gra_fail("gra_sampler_draw: room for the indices is needed; it is NULL");
    else if (s->class_->draw(s, epoch, indices) != 0)
        gra_fail("gra_sampler_draw: the sampler %s drew nothing and gave no reason",
                 s->class_->name);
    return gra_error() ? -1 : 0;
}

int64_t gra_sampler_cut(const gra_sampler *s, int64_t epoch, const int64_t *indices, int64_t *ends)
{
    if (!s || gra_error())
        return -1;
    if (!s->class_->cut)
        gra_fail("gra_sampler_cut: the sampler %s makes no batches; wrap it in gra_batch_sampler",
                 s->class_->name);
    if (gra_error())
        return -1;
    const int64_t size = gra_sampler_size(s), count = s->class_->cut(s, epoch, indices, ends);
    bool rising = count >= 0 && count <= size;
    for (int64_t b = 0; rising && b < count; b++)
        rising = ends[b] > (b ? ends[b - 1] : 0) && ends[b] <= size;
    if (!rising)
        gra_fail("gra_sampler_cut: the batches of the sampler %s do not end one behind the other "
                 "within %lld indices",
                 s->class_->name, (long long)size);
    return gra_error() ? -1 : count;
}

const gra_sampler_class *gra__sampler_class(const gra_sampler *s)
{
    return s->class_;
}

bool gra__sampler_take(const char *op, gra_sampler *s)
{
    if (gra_error())
        return false;
    if (!s)
        gra_fail("%s: the sampler is NULL", op);
    else if (__atomic_load_n(&s->head.owned, __ATOMIC_RELAXED) < 1)
        gra_fail("%s: the sampler %s belongs to another loader already", op, s->class_->name);
    else
        gra__take(s);
    return !gra_error();
}
