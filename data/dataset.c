/* dataset.c - data sets as objects, readers of streams, and the set made of two tensors. */
#include "data/dataset_class.h"

#include "core/alloc_cache.h"
#include "core/error.h"
#include "core/tensor_struct.h"
#include "core/thread_local.h"
#include "ops/ops.h"

struct gra_dataset {
    gra_object head;
    const gra_dataset_class *class_;
    size_t data_size;
    void *data;
};

static void dataset_destroy(void *self)
{
    gra_dataset *const set = self;
    if (set->class_->destroy)
        set->class_->destroy(set);
    gra__dealloc(set->data, set->data_size);
    gra__dealloc(set, sizeof *set);
}

static const gra_kind dataset_kind = {
    .name = "data set", .keeper = "its loader or another set", .destroy = dataset_destroy};

gra_dataset *gra_dataset_new(const gra_dataset_class *class_, size_t data_size)
{
    if (gra_error())
        return NULL;
    if (!class_ || !class_->name || (!class_->next && (!class_->size || !class_->get)))
        return gra_fail("gra_dataset_new: a class with a name and the functions size and get, or "
                        "next, is needed");
    if (class_->next && (class_->get || class_->get_batch))
        return gra_fail("gra_dataset_new: the class %s has both get and next; a stream has next "
                        "alone",
                        class_->name);
    gra_dataset *const set = gra__alloc_zeroed(sizeof *set);
    if (!set)
        return NULL;
    set->class_ = class_;
    set->data_size = data_size;
    if (data_size && !(set->data = gra__alloc_zeroed(data_size))) {
        gra__dealloc(set, sizeof *set);
        return NULL;
    }
    gra__object_init(&set->head, &dataset_kind, 1);
    return set;
}

void *gra_dataset_data(const gra_dataset *set)
{
    return set ? set->data : NULL;
}

gra_dataset *gra_dataset_keep(gra_dataset *set)
{
    if (set) {
        gra__retain(set);
        __atomic_fetch_add(&set->head.owned, 1, __ATOMIC_RELAXED);
    }
    return set;
}

int64_t gra_dataset_size(const gra_dataset *set)
{
    return set && set->class_->size ? set->class_->size(set) : -1;
}

bool gra_dataset_is_stream(const gra_dataset *set)
{
    return set && set->class_->next;
}

int gra_dataset_get(const gra_dataset *set, int64_t i, gra_tensor **x, gra_tensor **y)
{
    if (!x || !y) {
        gra_fail("gra_dataset_get: the addresses of x and y are needed; one is NULL");
        return -1;
    }
    *x = *y = NULL;
    if (!set || gra_error())
        return -1;
    const char *const name = set->class_->name;
    const int64_t size = gra_dataset_size(set);
    if (gra_dataset_is_stream(set))
        gra_fail("gra_dataset_get: the data set %s is a stream, whose examples have no numbers; "
                 "read it with a loader",
                 name);
    else if (i < 0 || i >= size)
        gra_fail("gra_dataset_get: example %lld of the data set %s lies outside 0 to %lld",
                 (long long)i, name, (long long)size - 1);
    else if (set->class_->get(set, i, x, y) == 0 && *x && *y && !gra_error())
        return 0;
    else
        gra_fail("gra_dataset_get: the data set %s gave no example %lld and no reason", name,
                 (long long)i);
    *x = *y = NULL;
    return -1;
}

const gra_dataset_class *gra__dataset_class(const gra_dataset *set)
{
    return set->class_;
}

bool gra__dataset_take(const char *op, gra_dataset *set)
{
    if (gra_error())
        return false;
    if (!set)
        gra_fail("%s: the data set is NULL", op);
    else if (__atomic_load_n(&set->head.owned, __ATOMIC_RELAXED) < 1)
        gra_fail("%s: the data set %s belongs to another loader or set already; for several, give "
                 "gra_dataset_keep(set) to all but the last",
                 op, set->class_->name);
    else
        gra__take(set);
    return !gra_error();
}

/* ---- streams ---- */

int gra__reader_begin(gra__reader *reader, const gra_dataset *set)
{
    const gra_dataset_class *const class_ = set->class_;
    const size_t size = class_->reader_size ? class_->reader_size : 1;
    void *const state = gra__alloc_zeroed(size);
    if (!state)
        return -1;
    if (class_->begin && (class_->begin(set, state) != 0 || gra_error())) {
        gra_fail("gra_data_next: the data set %s could not begin and gave no reason", class_->name);
        gra__dealloc(state, size);
        return -1;
    }
    *reader = (gra__reader){set, state};
    return 0;
}

int gra__reader_next(gra__reader *reader, gra_tensor **x, gra_tensor **y)
{
    const gra_dataset_class *const class_ = reader->set->class_;
    *x = *y = NULL;
    const int got = class_->next(reader->set, reader->state, x, y);
    if (got == 0 && !gra_error())
        return 0;
    if (got == 1 && *x && *y && !gra_error())
        return 1;
    gra_fail("gra_data_next: the data set %s gave no next example and no reason", class_->name);
    *x = *y = NULL;
    return -1;
}

void gra__reader_end(gra__reader *reader)
{
    if (!reader->state)
        return;
    const gra_dataset_class *const class_ = reader->set->class_;
    if (class_->end)
        class_->end(reader->set, reader->state);
    gra__dealloc(reader->state, class_->reader_size ? class_->reader_size : 1);
    *reader = (gra__reader){0};
}

static GRA__HOT int worker_index, worker_count; /* 0: no worker */

int gra_worker_index(void)
{
    return worker_index;
}

int gra_worker_count(void)
{
    return worker_count ? worker_count : 1;
}

void gra__worker_set(int index, int count)
{
    worker_index = index;
    worker_count = count;
}

/* ---- two tensors ---- */

typedef struct pair {
    gra_tensor *x, *y; /* owned */
} pair;

static int64_t pair_size(const gra_dataset *set)
{
    const pair *const p = gra_dataset_data(set);
    return p->x->shape.size[0];
}

static int pair_get(const gra_dataset *set, int64_t i, gra_tensor **x, gra_tensor **y)
{
    const pair *const p = gra_dataset_data(set);
    *x = gra_select(p->x, 0, i);
    *y = gra_select(p->y, 0, i);
    return *x && *y ? 0 : -1;
}

static void pair_destroy(gra_dataset *set)
{
    const pair *const p = gra_dataset_data(set);
    gra__release(p->x);
    gra__release(p->y);
}

static const gra_dataset_class pair_class = {
    .name = "of tensors", .size = pair_size, .get = pair_get, .destroy = pair_destroy};

gra_dataset *gra_tensor_dataset(gra_tensor *x, gra_tensor *y)
{
    char a[GRA_SHAPE_TEXT], b[GRA_SHAPE_TEXT];
    if (!x || !y)
        return gra_fail("gra_tensor_dataset: %s is NULL; a tensor is needed", x ? "y" : "x");
    if (x->shape.count < 1 || y->shape.count < 1 || x->shape.size[0] != y->shape.size[0])
        return gra_fail(
            "gra_tensor_dataset: x has shape %s and y %s; their first sizes must be equal",
            gra_shape_text(x->shape, a), gra_shape_text(y->shape, b));
    gra_dataset *const set = gra_dataset_new(&pair_class, sizeof(pair));
    if (!set)
        return NULL;
    pair *const p = gra_dataset_data(set);
    gra__retain(p->x = x);
    gra__retain(p->y = y);
    return set;
}
