/* schema.h - an op's schema, read: its parameters, and where they lie in the struct of arguments.
 *
 *     swish(Tensor x, float beta=1.0, *, bool fast=False) -> Tensor
 *
 *     schema     = name "(" [parameter {"," parameter}] ")" "->" results
 *     parameter  = type name ["=" default]          after "*" it can only be given by its name
 *     type       = "Tensor" [alias] ["?"] ["[]"] | "int" ["[" [N] "]"] | "float" | "bool" | "str"
 *                | "ScalarType"
 *     alias      = "(" letter ["!"] ")"             shares memory with a result; "!": is written
 *     results    = result | "(" result {"," result} ")"
 *     result     = "Tensor" [alias] [name]
 *
 * A schema is read once in a process and then kept.
 */
#ifndef GRA_CORE_SCHEMA_H
#define GRA_CORE_SCHEMA_H

#include "op.h"
#include "shape.h"
#include "value.h"

/* What follows "->", or a part of a parameter's type. */
typedef struct gra__alias {
    char letter; /* 0: none */
    bool written;
} gra__alias_mark;

typedef struct gra__parameter {
    const char *name;
    const char *type;    /* as it is written: "int[2]", "Tensor(a!)" */
    gra_value_kind kind; /* of the values it takes */
    gra__alias_mark alias;
    bool optional; /* "Tensor?": the tensor, or the elements of the list, may be NULL */
    bool keyword_only;
    bool has_default;
    int length;          /* N of int[N]; 0: any number */
    size_t offset, size; /* in the struct of arguments; of tensors 0 */
} gra__parameter;

typedef struct gra__schema {
    const char *text;
    const char *name;
    int count;          /* of parameters */
    int tensors;        /* parameters that are tensors or a list of tensors */
    int list;           /* which of those is the list; -1: none */
    int min_in, max_in; /* tensors that a call may have; a list takes any number */
    int outputs;
    const gra__alias_mark *output_alias; /* one for each output */
    size_t args_size;     /* bytes of the struct of arguments, 0 where there are none */
    const void *defaults; /* such a struct with the defaults, zeros where there is none */
    gra__parameter *parameter;
    void **native; /* atomic: what libffi knows of it, or NULL (ffi.c) */
} gra__schema;

/* The most parameters that a schema may have, and the most outputs. */
enum { GRA__MAX_PARAMETERS = 64, GRA__MAX_OUTPUTS = 31 };

/* Reads a text, or finds what was read of it before; NULL with an error that says where it is wrong. */
const gra__schema *gra__schema_read(const char *text);

/* The schema of an op that can be called. NULL with an error where it cannot be read, does not agree
 * with the op's other members, or the op has no forward. */
const gra__schema *gra__schema_of(const gra_op *op);

/* The parameter that tensor input i of a call with count inputs belongs to; NULL where there is none. */
const gra__parameter *gra__schema_input(const gra__schema *s, int i, int count);

/* A copy of a text that is kept for the process, the same one for equal texts: the value of a str that a
 * graph may hold. NULL with an error where memory is short. */
const char *gra__intern(const char *text);

/* The parameter of a name, or NULL. */
const gra__parameter *gra__schema_find(const gra__schema *s, const char *name);

#endif
