/* einsum.c - sums of products, as Einstein wrote them.
 *
 *   "ij,jk->ik":   y[i, k] = sum over j of a[i, j] b[j, k]
 *
 * Each operand has a letter for each dim; letters that the result does not have are summed over.  A
 * letter twice in one operand takes its diagonal.  "..." stands for any number of dims, aligned at the
 * right and broadcast; a size of 1 broadcasts for letters too.  Without "->" the result has the dims of
 * "...", then the letters that occur once, in alphabetical order, capitals first.
 *
 * It is made of recorded ops.  Operands are multiplied from left to right, and a letter is summed over
 * as soon as no later operand needs it: a pair becomes one batch of matrix products,
 *
 *   a [batch, only in a, summed]   b [batch, summed, only in b]   ->   [batch, only in a, only in b]
 *
 * or, where nothing is summed, one broadcast product.
 */
#include <ctype.h>
#include <string.h>

#include "core/create.h"
#include "core/error.h"
#include "core/tensor_struct.h"
#include "ops/layout.h"
#include "ops/ops.h"

typedef struct {
    const char *equation;
} einsum_args;

/* Labels: capitals, small letters, and the dims of "..." from the left to the right-most one. */
enum { LETTERS = 52, LABELS = LETTERS + GRA_MAX_DIMS };

/* A tensor and the label of each of its dims, no two alike. */
typedef struct {
    gra_tensor *tensor;
    int label[GRA_MAX_DIMS];
} term;

typedef uint64_t label_set; /* LABELS < 64 */

static label_set set_of(const term *t)
{
    label_set set = 0;
    for (int d = 0; d < t->tensor->shape.count; d++)
        set |= UINT64_C(1) << t->label[d];
    return set;
}

static bool has(label_set set, int label)
{
    return set >> label & 1;
}

static int dim_of(const term *t, int label)
{
    for (int d = 0; d < t->tensor->shape.count; d++)
        if (t->label[d] == label)
            return d;
    return -1;
}

static int label_of(char letter)
{
    return letter <= 'Z' ? letter - 'A' : letter - 'a' + 26;
}

static char letter_of(int label)
{
    return (char)(label < 26 ? 'A' + label : 'a' + label - 26);
}

/* ---- reading the equation ---- */

/* The subscripts of one operand or of the result: letters, and dots at most once. */
typedef struct {
    int label[LETTERS * 2]; /* -1 for "..." */
    int count;
    bool has_dots;
} subscripts;

/* Reads up to a comma, an arrow or the end, and returns where it stopped; NULL with an error. */
static const char *read_subscripts(const char *at, subscripts *s)
{
    *s = (subscripts){.count = 0};
    for (; *at && *at != ',' && *at != '-'; at++) {
        if (*at == ' ')
            continue;
        const bool dots = !strncmp(at, "...", 3);
        if (!dots && !(isalpha((unsigned char)*at) && (unsigned char)*at < 128))
            return gra_fail("einsum: '%c' is no subscript; letters and ... are", *at);
        if (dots && s->has_dots)
            return gra_fail("einsum: ... stands twice in one operand or in the result");
        if (s->count == LETTERS * 2)
            return gra_fail("einsum: there are more than %d subscripts for one operand",
                            LETTERS * 2);
        s->has_dots |= dots;
        s->label[s->count++] = dots ? -1 : label_of(*at);
        at += dots ? 2 : 0;
    }
    return at;
}

/* Gives t the dims of two equal labels as one: the diagonal. */
static void take_diagonal(term *t, int first, int second)
{
    const int64_t n = t->tensor->shape.size[first];
    const int count = t->tensor->shape.count;
    gra_dims order = GRA_ALL_DIMS;
    int label[GRA_MAX_DIMS];
    for (int d = 0; d < count; d++)
        if (d != first && d != second) {
            label[order.count] = t->label[d];
            order.dim[order.count++] = d;
        }
    gra_shape shape = {.kind = &gra_shape_kind, .count = order.count + 1};
    for (int d = 0; d < order.count; d++)
        shape.size[d] = t->tensor->shape.size[order.dim[d]];
    shape.size[order.count] = n * n;
    label[order.count] = t->label[first];
    order.dim[order.count++] = first;
    order.dim[order.count++] = second;
    gra_tensor *const flat = gra_reshape(gra_permute(t->tensor, order), shape);
    gra_tensor *const places =
        gra_mul_scalar(gra_to(gra_arange(0, (double)n, 1), GRA_INT64), (double)(n + 1));
    t->tensor = gra_index_select(flat, -1, places);
    memcpy(t->label, label, sizeof label);
}

/* The operand's dims by their subscripts, repeated ones as diagonals; false with an error. */
static bool label_dims(gra_tensor *x, int position, const subscripts *s, term *t)
{
    char text[GRA_SHAPE_TEXT];
    const int letters = s->count - s->has_dots, dots = x->shape.count - letters;
    if (dots < 0 || (dots > 0 && !s->has_dots)) {
        gra_fail("einsum: operand %d has shape %s, but %d subscripts%s", position,
                 gra_shape_text(x->shape, text), letters, s->has_dots ? " beside ..." : "");
        return false;
    }
    int all[GRA_MAX_DIMS], count = 0;
    for (int i = 0; i < s->count; i++)
        for (int k = 0; k < (s->label[i] < 0 ? dots : 1); k++)
            all[count++] = s->label[i] < 0 ? LABELS - dots + k : s->label[i];
    *t = (term){.tensor = x};
    memcpy(t->label, all, (size_t)count * sizeof *all);
    for (int d = 1; t->tensor && d < t->tensor->shape.count; d++) {
        int before = 0;
        while (t->label[before] != t->label[d])
            before++;
        if (before == d)
            continue;
        const int64_t a = t->tensor->shape.size[before], b = t->tensor->shape.size[d];
        if (a != b) {
            gra_fail("einsum: subscript %c stands for sizes %lld and %lld in operand %d",
                     letter_of(t->label[d]), (long long)a, (long long)b, position);
            return false;
        }
        take_diagonal(t, before, d);
        d = 0;
    }
    return t->tensor != NULL;
}

/* The labels of the result where the equation does not say. */
static void imply_result(const char *equation, label_set all, int *label, int *count)
{
    int times[LETTERS] = {0};
    for (const char *at = equation; *at; at++)
        if (isalpha((unsigned char)*at))
            times[label_of(*at)]++;
    *count = 0;
    for (int l = LETTERS; l < LABELS; l++)
        if (has(all, l))
            label[(*count)++] = l;
    for (int l = 0; l < LETTERS; l++)
        if (times[l] == 1 && *count < LABELS)
            label[(*count)++] = l;
}

/* The labels of the result as they stand behind the arrow; false with an error. */
static bool read_result(const char *at, label_set all, int *label, int *count)
{
    subscripts s;
    const char *const end = read_subscripts(at, &s);
    if (!end)
        return false;
    if (*end)
        gra_fail("einsum: '%c' stands in the result; it is one list of subscripts", *end);
    label_set seen = 0;
    *count = 0;
    for (int i = 0; i < s.count && !gra_error(); i++) {
        const int l = s.label[i];
        if (l < 0) {
            for (int k = LETTERS; k < LABELS; k++)
                if (has(all, k))
                    label[(*count)++] = k;
            continue;
        }
        if (!has(all, l))
            gra_fail("einsum: subscript %c of the result stands in no operand", letter_of(l));
        else if (has(seen, l))
            gra_fail("einsum: subscript %c stands twice in the result", letter_of(l));
        seen |= UINT64_C(1) << l;
        label[(*count)++] = l;
    }
    return !gra_error();
}

/* ---- products ---- */

/* Sums over the labels that are not in `keep`. */
static void sum_out(term *t, label_set keep)
{
    gra_dims dims = GRA_ALL_DIMS;
    int label[GRA_MAX_DIMS], count = 0;
    for (int d = 0; t->tensor && d < t->tensor->shape.count; d++)
        if (has(keep, t->label[d]))
            label[count++] = t->label[d];
        else
            dims.dim[dims.count++] = d;
    if (dims.count == 0)
        return;
    t->tensor = gra_sum(t->tensor, .dims = dims);
    memcpy(t->label, label, sizeof label);
}

/* The labels of a set that t has, in t's order, appended to a list. */
static int append(const term *t, label_set set, int *list, int count)
{
    for (int d = 0; d < t->tensor->shape.count; d++)
        if (has(set, t->label[d]))
            list[count++] = t->label[d];
    return count;
}

static int64_t size_of(const term *t, int label)
{
    const int d = dim_of(t, label);
    return d < 0 ? 1 : t->tensor->shape.size[d];
}

/* The size of a label in a pair, where 1 broadcasts; -1 with an error. */
static int64_t common_size(const term *a, const term *b, int label)
{
    const int64_t m = size_of(a, label), n = size_of(b, label);
    if (m == n || n == 1)
        return m;
    if (m == 1)
        return n;
    if (label < LETTERS)
        gra_fail("einsum: subscript %c stands for sizes %lld and %lld", letter_of(label),
                 (long long)m, (long long)n);
    else
        gra_fail("einsum: dims of ... have sizes %lld and %lld, which do not broadcast",
                 (long long)m, (long long)n);
    return -1;
}

/* t with its dims in the order of a list of labels, with size 1 for those that it has not. */
static gra_tensor *ordered(const term *t, const int *list, int count)
{
    gra_dims order = GRA_ALL_DIMS;
    gra_shape shape = {.kind = &gra_shape_kind, .count = count};
    for (int i = 0; i < count; i++) {
        const int d = dim_of(t, list[i]);
        shape.size[i] = d < 0 ? 1 : t->tensor->shape.size[d];
        if (d >= 0)
            order.dim[order.count++] = d;
    }
    gra_tensor *const y = order.count > 1 ? gra_permute(t->tensor, order) : t->tensor;
    return order.count == count ? y : gra_reshape(y, shape);
}

/* The lists of labels that a pair's product is made of. */
typedef struct {
    int batch[LABELS], left[LABELS], right[LABELS], summed[LABELS];
    int batches, lefts, rights, sums;
} pairing;

static int64_t product_of(const term *a, const term *b, const int *list, int count)
{
    int64_t product = 1;
    for (int i = 0; i < count; i++)
        product *= common_size(a, b, list[i]);
    return product;
}

/* t as matrices [batch, first, second], with the sizes that both have together. */
static gra_tensor *as_matrices(const term *t, const term *other, const pairing *p, const int *first,
                               int firsts, const int *second, int seconds)
{
    int list[3 * LABELS];
    memcpy(list, p->batch, (size_t)p->batches * sizeof *list);
    memcpy(list + p->batches, first, (size_t)firsts * sizeof *list);
    memcpy(list + p->batches + firsts, second, (size_t)seconds * sizeof *list);
    const int count = p->batches + firsts + seconds;
    gra_shape shape = {.kind = &gra_shape_kind, .count = count};
    for (int i = 0; i < count; i++)
        shape.size[i] = common_size(t, other, list[i]);
    gra_tensor *const y = gra_expand(ordered(t, list, count), shape);
    return gra_reshape(y, GRA_SHAPE(product_of(t, other, p->batch, p->batches),
                                    product_of(t, other, first, firsts),
                                    product_of(t, other, second, seconds)));
}

/* The pair's labels as the result has them, and its shape; false with an error. */
static bool label_result(const term *a, const term *b, const pairing *p, term *t, gra_shape *shape)
{
    const int *const lists[] = {p->batch, p->left, p->right};
    const int counts[] = {p->batches, p->lefts, p->rights};
    *shape = (gra_shape){.kind = &gra_shape_kind};
    if (p->batches + p->lefts + p->rights > GRA_MAX_DIMS) {
        gra_fail("einsum: a product has more than %d dims", GRA_MAX_DIMS);
        return false;
    }
    for (int k = 0; k < 3; k++)
        for (int i = 0; i < counts[k]; i++) {
            t->label[shape->count] = lists[k][i];
            shape->size[shape->count++] = common_size(a, b, lists[k][i]);
        }
    return true;
}

/* The product of two terms, summed over what is not in `keep`. */
static term multiply(term a, term b, label_set keep)
{
    term y = {0};
    sum_out(&a, keep | (b.tensor ? set_of(&b) : 0));
    sum_out(&b, keep | (a.tensor ? set_of(&a) : 0));
    if (!a.tensor || !b.tensor)
        return y;
    const label_set in_a = set_of(&a), in_b = set_of(&b), both = in_a & in_b;
    pairing p = {0};
    gra_shape shape;
    p.batches = append(&a, both & keep, p.batch, 0);
    p.sums = append(&a, both & ~keep, p.summed, 0);
    p.lefts = append(&a, in_a & ~both, p.left, 0);
    p.rights = append(&b, in_b & ~both, p.right, 0);
    for (int l = 0; l < LABELS; l++)
        if (has(both, l) && common_size(&a, &b, l) < 0)
            return y;
    if (!label_result(&a, &b, &p, &y, &shape))
        return y;
    if (p.sums == 0) {
        y.tensor = gra_mul(ordered(&a, y.label, shape.count), ordered(&b, y.label, shape.count));
        return y;
    }
    gra_tensor *const left = as_matrices(&a, &b, &p, p.left, p.lefts, p.summed, p.sums);
    gra_tensor *const right = as_matrices(&b, &a, &p, p.summed, p.sums, p.right, p.rights);
    y.tensor = gra_reshape(gra_matmul(left, right), shape);
    return y;
}

/* Multiplies all terms and brings the product's dims into the result's order. */
static gra_tensor *contract(const term *terms, int count, const int *label, int labels)
{
    label_set result = 0;
    for (int i = 0; i < labels; i++)
        result |= UINT64_C(1) << label[i];
    term y = terms[0];
    for (int i = 1; i < count && y.tensor; i++) {
        label_set later = result;
        for (int k = i + 1; k < count; k++)
            later |= set_of(&terms[k]);
        y = multiply(y, terms[i], later);
    }
    sum_out(&y, result);
    return y.tensor ? ordered(&y, label, labels) : NULL;
}

/* ---- the op ---- */

enum { MOST = 32 }; /* operands */

/* Reads the operands' subscripts into terms and returns where it stopped; NULL with an error. */
static const char *read_terms(gra_call *c, const char *at, term *terms, label_set *all)
{
    for (int i = 0; i < c->n_in; i++) {
        subscripts s;
        if (!(at = read_subscripts(at, &s)) || !label_dims(c->in[i], i, &s, &terms[i]))
            return NULL;
        *all |= set_of(&terms[i]);
        if ((*at == ',') != (i + 1 < c->n_in))
            return gra_fail("einsum: the equation has %s operands than the %d that were given",
                            *at == ',' ? "more" : "fewer", c->n_in);
        at += *at == ',';
    }
    if (*at && strncmp(at, "->", 2) != 0)
        return gra_fail("einsum: '-' stands without '>'");
    return at;
}

static void einsum_forward(gra_call *c)
{
    const char *const equation = ((const einsum_args *)c->args)->equation;
    term terms[MOST];
    int label[2 * LABELS], labels;
    label_set all = 0;
    if (!equation || c->n_in < 1 || c->n_in > MOST) {
        if (!equation)
            gra_fail("einsum: the equation is NULL");
        else
            gra_fail("einsum: %d operands are not possible; 1 to %d are", c->n_in, MOST);
        return;
    }
    const char *const end = read_terms(c, equation, terms, &all);
    if (!end)
        return;
    if (!*end)
        imply_result(equation, all, label, &labels);
    else if (!read_result(end + 2, all, label, &labels))
        return;
    if (labels > GRA_MAX_DIMS)
        gra_fail("einsum: the result has %d dims; at most %d are possible", labels, GRA_MAX_DIMS);
    else
        c->out[0] = contract(terms, c->n_in, label, labels);
}

const gra_op gra_op_einsum = {
    .schema = "einsum(str equation, Tensor[] operands) -> Tensor",
    .forward = einsum_forward,
    .args_size = sizeof(einsum_args),
    .composite = true,
};

gra_tensor *gra_einsum_of(const char *equation, gra_tensor *const *operands, int count)
{
    return gra_apply(&gra_op_einsum, operands, count, &(einsum_args){equation});
}
