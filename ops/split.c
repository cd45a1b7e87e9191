/* split.c - a tensor cut along one dim into views: split by size, chunk by number.
 *
 *   n = 7:   split 3  ->  3, 3, 1        chunk 3  ->  3, 3, 1  (parts of ceil(7 / 3))
 *
 * Each part is a range (narrow.c), which is what the graph records.
 */
#include "core/error.h"
#include "ops/layout.h"
#include "ops/ops.h"

/* Wraps dim and forgets what parts held; -1 with an error. */
static int begin(const char *op, const gra_tensor *x, int64_t dim, gra_tensor **parts, int capacity)
{
    for (int i = 0; parts && i < capacity; i++)
        parts[i] = NULL;
    if (!parts)
        gra_fail("%s: parts is NULL; an array of tensors is needed", op);
    if (gra_error())
        return -1;
    if (!x) {
        gra_fail("%s: x is NULL; a tensor is needed", op);
        return -1;
    }
    if (x->shape.count == 0) {
        gra_fail("%s: a tensor without dims cannot be cut", op);
        return -1;
    }
    return gra__wrap_dim(op, dim, x->shape.count);
}

/* Cuts x into count ranges of size, the last one as large as what remains. */
static int cut(const char *op, gra_tensor *x, int dim, int64_t size, int64_t count,
               gra_tensor **parts, int capacity)
{
    char text[GRA_SHAPE_TEXT];
    if (count > capacity) {
        gra_fail("%s: dim %d of shape %s makes %lld parts; there is room for %d", op, dim,
                 gra_shape_text(x->shape, text), (long long)count, capacity);
        return -1;
    }
    for (int i = 0; i < count; i++) {
        const int64_t start = i * size, rest = x->shape.size[dim] - start;
        parts[i] = gra_narrow(x, dim, start, rest < size ? rest : size);
    }
    if (!gra_error())
        return (int)count;
    for (int i = 0; i < count; i++)
        parts[i] = NULL;
    return -1;
}

static int64_t ceil_div(int64_t n, int64_t size)
{
    return n / size + (n % size != 0);
}

int gra_split(gra_tensor *x, int64_t size, int64_t dim, gra_tensor **parts, int capacity)
{
    const int at = begin("split", x, dim, parts, capacity);
    if (at < 0)
        return -1;
    const int64_t n = x->shape.size[at];
    if (size < 0 || (size == 0 && n > 0)) {
        gra_fail("split: parts of size %lld are not possible for a dim of size %lld; a positive "
                 "size is needed",
                 (long long)size, (long long)n);
        return -1;
    }
    return cut("split", x, at, size, n ? ceil_div(n, size) : 1, parts, capacity);
}

int gra_chunk(gra_tensor *x, int64_t chunks, int64_t dim, gra_tensor **parts, int capacity)
{
    const int at = begin("chunk", x, dim, parts, capacity);
    if (at < 0)
        return -1;
    if (chunks <= 0) {
        gra_fail("chunk: %lld chunks are not possible; at least 1 is needed", (long long)chunks);
        return -1;
    }
    const int64_t n = x->shape.size[at], size = ceil_div(n, chunks);
    return cut("chunk", x, at, size, n ? ceil_div(n, size) : chunks, parts, capacity);
}
