/* ffi.c - from an op's schema to C functions with natural arguments, and back.
 *
 *     gra_apply(op, in, n, args)  --- ffi_call --->  op->function(x, beta)
 *     swish(x, beta)  --- closure --->  gra_apply(op, &x, 1, &(args){beta})
 *
 * This is the only file that includes libffi. Without it, an op needs a .forward and is called with
 * gra_apply; all else works.
 *
 * The C parameters are the schema's, in its order (op.h tells which type is which), then a pointer for
 * each result where there are several. Calls are described once for each schema, closures are made
 * once for each op, and both are kept for the process.
 */
#include "ffi_call.h"

#include "error.h"
#include "error_path.h"
#include "registry.h"
#include "schema.h"

#define USE_APPLY "call it with gra_apply(&op, inputs, count, &args)"

gra__ffi_limit gra__ffi = GRA__FFI_ALL;

#ifdef GRA_HAVE_LIBFFI

#include <ffi.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "alloc_cache.h"

const bool gra__ffi_built = true;

/* A list is two C parameters. */
enum { MAX_C = 2 * GRA__MAX_PARAMETERS + GRA__MAX_OUTPUTS, LARGEST = 80 };

/* What libffi knows of a schema's C signature; the types are behind the struct. */
typedef struct signature {
    ffi_cif cif;
    ffi_type *types[];
} signature;

typedef struct closure {
    struct closure *next;
    const gra_op *op;
    const gra__schema *schema;
    ffi_closure *memory;
    gra_fn code;
} closure;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static closure *closures;

static bool is_list(const gra__parameter *p)
{
    return p->kind == GRA_VALUE_TENSORS || (p->kind == GRA_VALUE_INTS && !p->length);
}

static ffi_type *type_of(const gra__parameter *p)
{
    switch (p->kind) {
    case GRA_VALUE_INT: return &ffi_type_sint64;
    case GRA_VALUE_FLOAT: return &ffi_type_double;
    case GRA_VALUE_BOOL: return &ffi_type_uint8;
    case GRA_VALUE_DTYPE: return &ffi_type_uint32;
    default: return &ffi_type_pointer;
    }
}

/* Writes the types of the C parameters, where types is not NULL, and returns how many these are. */
static unsigned c_types(const gra__schema *s, ffi_type **types)
{
    unsigned n = 0;
    ffi_type *none[MAX_C];
    types = types ? types : none;
    for (int i = 0; i < s->count; i++) {
        types[n++] = type_of(&s->parameter[i]);
        if (is_list(&s->parameter[i]))
            types[n++] = &ffi_type_sint;
    }
    for (int k = 0; s->outputs > 1 && k < s->outputs; k++)
        types[n++] = &ffi_type_pointer;
    return n;
}

static signature *signature_new(const gra__schema *s)
{
    const unsigned n = c_types(s, NULL);
    const size_t bytes = sizeof(signature) + n * sizeof(ffi_type *);
    signature *const new = malloc(bytes);
    if (!new)
        return gra_fail("%s: out of memory: %zu bytes were asked for", s->name, bytes);
    c_types(s, new->types);
    ffi_type *const result = s->outputs > 1 ? &ffi_type_sint : &ffi_type_pointer;
    if (ffi_prep_cif(&new->cif, FFI_DEFAULT_ABI, n, result, new->types) == FFI_OK)
        return new;
    free(new);
    return gra_fail("%s: libffi cannot call a function of its schema: %s", s->name, s->text);
}

/* The signature of a schema, made when it is first asked for. */
static signature *signature_of(const gra__schema *s)
{
    signature *found = __atomic_load_n((signature **)s->native, __ATOMIC_ACQUIRE);
    if (found)
        return found;
    pthread_mutex_lock(&lock);
    found = *s->native ? *s->native : signature_new(s);
    __atomic_store_n((signature **)s->native, found, __ATOMIC_RELEASE);
    pthread_mutex_unlock(&lock);
    return found;
}

/* ---- from a call of the op to its function ---- */

typedef union {
    const void *pointer;
    int count;
} slot;

/* Points value[] at each C argument; what has no place of its own gets one in slots. */
static void natural_arguments(const gra_call *c, const gra__schema *s, void **value, slot *slots,
                              gra_tensor ***outs)
{
    gra_tensor **in = c->in;
    for (int i = 0; i < s->count; i++) {
        const gra__parameter *const p = &s->parameter[i];
        const char *const member = (const char *)c->args + p->offset;
        const bool tensors = p->kind == GRA_VALUE_TENSORS;
        if (!tensors && p->kind != GRA_VALUE_INTS) {
            *value++ = p->kind == GRA_VALUE_TENSOR ? (void *)in++ : (void *)member;
            continue;
        }
        const int count = tensors ? c->n_in - (s->tensors - 1) : ((const gra_dims *)member)->count;
        slots->pointer = tensors     ? (const void *)in
                         : p->length ? (const void *)member
                                     : (const void *)((const gra_dims *)member)->dim;
        *value++ = slots++;
        if (!is_list(p))
            continue;
        slots->count = count;
        *value++ = slots++;
        in += tensors ? count : 0;
    }
    for (int k = 0; s->outputs > 1 && k < s->outputs; k++) {
        outs[k] = &c->out[k];
        *value++ = &outs[k];
    }
}

/* Inputs that a call left out at the end are NULL. */
static void call_function(gra_call *c, const gra__schema *s, signature *f)
{
    void *value[MAX_C];
    slot slots[2 * GRA__MAX_PARAMETERS];
    gra_tensor **outs[GRA__MAX_OUTPUTS], *padded[GRA__MAX_PARAMETERS] = {0};
    gra_call whole = *c;
    if (s->list < 0 && c->n_in < s->tensors) {
        memcpy(padded, c->in, (size_t)c->n_in * sizeof *padded);
        whole.in = padded;
    }
    union {
        ffi_arg integer;
        gra_tensor *tensor;
    } result = {0};
    natural_arguments(&whole, s, value, slots, outs);
    ffi_call(&f->cif, (void (*)(void))c->op->function, &result, value);
    if (s->outputs == 1)
        c->out[0] = result.tensor;
    else if ((int)result.integer != 0 && !gra__failed)
        gra_fail("%s: its function returned %d without an error", s->name, (int)result.integer);
}

void gra__ffi_forward(gra_call *c)
{
    const gra__schema *const s = gra__schema_of(c->op);
    if (gra__ffi == GRA__FFI_NOTHING) {
        gra_fail("%s: its .function cannot be called without libffi; give the op a .forward",
                 s->name);
        return;
    }
    signature *const f = signature_of(s);
    if (f)
        call_function(c, s, f);
}

/* ---- from a natural call to the op ---- */

/* Reads a list's pointer and count; false with an error. */
static bool read_list(const gra__schema *s, const gra__parameter *p, void *const *value, int most,
                      const void **list, int *count)
{
    *list = *(const void *const *)value[0];
    *count = p->kind == GRA_VALUE_INTS && p->length ? p->length : *(const int *)value[1];
    if (*count >= 0 && *count <= most && (*list || *count == 0))
        return true;
    gra_fail("%s: %s is a list of %d at %s; 0 to %d are possible", s->name, p->name, *count,
             *list ? "an address" : "NULL", most);
    return false;
}

static bool read_ints(const gra__schema *s, const gra__parameter *p, void *const *value,
                      char *member)
{
    const void *list;
    int count;
    if (!read_list(s, p, value, GRA_MAX_DIMS, &list, &count))
        return false;
    memcpy(p->length ? (int64_t *)member : ((gra_shape *)member)->size, list ? list : "",
           (size_t)count * sizeof(int64_t));
    if (!p->length)
        ((gra_shape *)member)->count = count;
    return true;
}

/* The C arguments of a natural call, as a boxed call has them. */
typedef struct {
    gra_tensor *few[GRA__MAX_PARAMETERS], **in;
    int count;
    size_t bytes; /* of in, where it is not few */
} inputs;

static bool read_tensors(const gra__schema *s, const gra__parameter *p, void *const *value,
                         inputs *x)
{
    const void *list;
    int count;
    enum { MANY = 1 << 20 };
    if (!read_list(s, p, value, MANY, &list, &count))
        return false;
    x->bytes = (size_t)(s->tensors + count) * sizeof(gra_tensor *);
    if (s->tensors + count > GRA__MAX_PARAMETERS) {
        gra_tensor **const all = gra__alloc(x->bytes);
        if (!all)
            return false;
        memcpy(all, x->in, (size_t)x->count * sizeof *all);
        x->in = all;
    }
    memcpy(x->in + x->count, list ? list : "", (size_t)count * sizeof *x->in);
    x->count += count;
    return true;
}

static bool read_argument(const gra__schema *s, const gra__parameter *p, void *const *value,
                          char *args, inputs *x)
{
    char *const member = args + p->offset;
    switch (p->kind) {
    case GRA_VALUE_TENSOR: x->in[x->count++] = *(gra_tensor *const *)value[0]; return true;
    case GRA_VALUE_TENSORS: return read_tensors(s, p, value, x);
    case GRA_VALUE_INTS: return read_ints(s, p, value, member);
    case GRA_VALUE_BOOL: *(bool *)member = *(const uint8_t *)value[0]; return true;
    case GRA_VALUE_STRING: {
        const char *const text = *(const char *const *)value[0];
        if (!text)
            gra_fail("%s: %s is a NULL string", s->name, p->name);
        return (*(const char **)member = text ? gra__intern(text) : NULL);
    }
    default: memcpy(member, value[0], p->size); return true;
    }
}

static bool read_all(const gra__schema *s, void *const *value, char *args, inputs *x)
{
    memcpy(args, s->defaults, s->args_size);
    for (int i = 0; i < s->count; i++) {
        if (!read_argument(s, &s->parameter[i], value, args, x))
            return false;
        value += is_list(&s->parameter[i]) ? 2 : 1;
    }
    return true;
}

/* The body of every closure: what a call of the function pointer does. */
static void natural_call(ffi_cif *cif, void *result, void **value, void *context)
{
    const closure *const c = context;
    const gra__schema *const s = c->schema;
    _Alignas(16) char args[GRA__MAX_PARAMETERS * LARGEST];
    gra_tensor *out[GRA__MAX_OUTPUTS] = {0};
    inputs x = {.in = x.few};
    const bool read = !gra__failed && read_all(s, value, args, &x);
    const int status =
        !read ? -1
              : gra_apply_many(c->op, x.in, x.count, s->args_size ? args : NULL, out, s->outputs);
    if (x.in != x.few)
        gra__dealloc(x.in, x.bytes);
    if (s->outputs == 1) {
        *(gra_tensor **)result = out[0];
        return;
    }
    for (int k = 0; k < s->outputs; k++)
        **(gra_tensor ***)value[cif->nargs - (unsigned)s->outputs + (unsigned)k] = out[k];
    *(ffi_sarg *)result = status;
}

/* Under the lock. */
static closure *closure_new(const gra_op *op, const gra__schema *s, signature *f)
{
    void *code = NULL;
    closure *const c = malloc(sizeof *c);
    if (!c)
        return gra_fail("gra_op_function: out of memory: %zu bytes were asked for", sizeof *c);
    *c = (closure){.next = closures, .op = op, .schema = s};
    if (gra__ffi == GRA__FFI_ALL)
        c->memory = ffi_closure_alloc(sizeof(ffi_closure), &code);
    if (c->memory && ffi_prep_closure_loc(c->memory, &f->cif, natural_call, c, code) == FFI_OK) {
        memcpy(&c->code, &code, sizeof code);
        return closures = c;
    }
    if (c->memory)
        ffi_closure_free(c->memory);
    free(c);
    return gra_fail(
        "gra_op_function: this system refuses the memory that a function pointer for %s "
        "would need; " USE_APPLY,
        s->name);
}

static closure *closure_of(const gra_op *op, const gra__schema *s, signature *f)
{
    pthread_mutex_lock(&lock);
    closure *c = closures;
    while (c && c->op != op)
        c = c->next;
    c = c ? c : closure_new(op, s, f);
    pthread_mutex_unlock(&lock);
    return c;
}

gra_fn gra_op_function(const gra_op *op)
{
    if (!op)
        gra_fail("gra_op_function: the op is NULL");
    const gra__schema *const s = gra__failed ? NULL : gra__schema_of(op);
    if (!s)
        return NULL;
    if (gra__ffi == GRA__FFI_NOTHING)
        gra_fail(
            "gra_op_function: a function pointer for %s needs libffi, which this build lacks; " USE_APPLY,
            s->name);
    signature *const f = gra__failed ? NULL : signature_of(s);
    closure *const c = f ? closure_of(op, s, f) : NULL;
    return c && gra_register_op(op) == 0 ? c->code : NULL;
}

#else

const bool gra__ffi_built = false;

void gra__ffi_forward(gra_call *c)
{
    gra_fail("%s: its .function cannot be called without libffi; give the op a .forward",
             gra_op_name(c->op));
}

gra_fn gra_op_function(const gra_op *op)
{
    if (op)
        gra_fail(
            "gra_op_function: a function pointer for %s needs libffi, which this build lacks; " USE_APPLY,
            gra_op_name(op));
    else
        gra_fail("gra_op_function: the op is NULL");
    return NULL;
}

#endif
