/* schema.h - reading an op's schema: its parameters and where they lie in the struct of arguments. */
#ifndef GRA_CORE_SCHEMA_H
#define GRA_CORE_SCHEMA_H

#include "op.h"

/* One parameter, as text inside the schema. */
typedef struct gra__parameter {
    const char *type, *name; /* not terminated */
    size_t type_length, name_length;
    const char *next; /* where the parameter after this one begins, or NULL */
} gra__parameter;

/* Reads the first parameter of a schema, or the one that `at` points to; false at the end. */
bool gra__schema_next(const char *schema, const char *at, gra__parameter *p);

/* What a call must agree with. */
typedef struct gra__signature {
    const gra_op *op;   /* whose it is, */
    const char *schema; /* and of which text */
    int min_in, max_in; /* tensors; a list takes any number */
    int outputs;
} gra__signature;

/* The signature of an op, read once by each thread; NULL with an error where the op has no forward or a
 * schema that cannot be read. Valid until the thread's next call. */
const gra__signature *gra__schema_signature(const gra_op *op);

/* Whether tensor input i may be NULL ("Tensor? bias"). */
bool gra__schema_optional(const char *schema, int i);

/* Name of tensor input i, written into buffer. */
const char *gra__schema_input(const char *schema, int i, char *buffer, size_t size);

/* Byte offset of argument `name` of type `type` in the op's struct; -1 when the schema has none. */
ptrdiff_t gra__schema_offset(const char *schema, const char *name, const char *type);

#endif
