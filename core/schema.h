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

/* Whether tensor input i may be NULL ("Tensor? bias"). */
bool gra__schema_optional(const char *schema, int i);

/* Name of tensor input i, written into buffer. */
const char *gra__schema_input(const char *schema, int i, char *buffer, size_t size);

/* Byte offset of argument `name` of type `type` in the op's struct; -1 when the schema has none. */
ptrdiff_t gra__schema_offset(const char *schema, const char *name, const char *type);

#endif
