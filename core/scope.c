/* scope.c - the stack of tensors that each thread owns. */
#include "scope.h"

#include <pthread.h>
#include <stdlib.h>

#include "error.h"
#include "tensor_struct.h"
#include "thread_local.h"

static GRA__HOT gra_tensor **stack;
static GRA__HOT int height, capacity;
static pthread_key_t exit_key;
static pthread_once_t exit_once = PTHREAD_ONCE_INIT;

static void drop_root(void *unused)
{
    (void)unused;
    gra_release(0);
    free(stack);
    stack = NULL;
    capacity = 0;
}

static void make_key(void)
{
    pthread_key_create(&exit_key, drop_root);
}

/* Thread-specific destructors do not run on the main thread when the process ends. */
__attribute__((destructor)) static void drop_at_exit(void)
{
    drop_root(NULL);
}

static bool grow(void)
{
    if (!stack) {
        pthread_once(&exit_once, make_key);
        pthread_setspecific(exit_key, &exit_key);
    }
    const int larger = capacity ? 2 * capacity : 256;
    gra_tensor **const moved = realloc(stack, (size_t)larger * sizeof *moved);
    if (!moved) {
        gra_fail("out of memory: the scope of %d tensors cannot grow", height);
        return false;
    }
    stack = moved;
    capacity = larger;
    return true;
}

gra_tensor *gra__scoped(gra_tensor *t)
{
    if (!t)
        return NULL;
    if (height == capacity && !grow()) {
        gra__release(t);
        return NULL;
    }
    return stack[height++] = t;
}

int gra__scope_count(int mark, const gra_tensor *t)
{
    int count = 0;
    for (int i = mark; i < height; i++)
        count += stack[i]->storage == t->storage;
    return count;
}

int gra_mark(void)
{
    return height;
}

void gra_release(int mark)
{
    while (height > mark && height > 0)
        gra__release(stack[--height]);
}

gra_tensor *gra_release_keep(int mark, gra_tensor *t)
{
    gra__retain(t);
    gra_release(mark);
    return gra__scoped(t);
}

gra_tensor *gra_keep(gra_tensor *t)
{
    if (t) {
        gra__retain(t);
        __atomic_fetch_add(&t->head.owned, 1, __ATOMIC_RELAXED);
    }
    return t;
}
