/* event.h - one record of a TensorBoard event file.
 *
 * A file is a row of records, TFRecords, each of which holds one protobuf message Event:
 *
 *     8 bytes   length of the message       4 bytes   masked CRC32C of those 8
 *     length    the message                 4 bytes   masked CRC32C of the message
 *
 * all numbers with their least significant byte first. The only file of the library that knows the
 * messages is event.c; where Gradus is built without protobuf-c, writing is an error.
 */
#ifndef GRA_IO_EVENT_H
#define GRA_IO_EVENT_H

#include "core/shape.h"
#include "io/append_file.h"

typedef enum gra__event_kind {
    GRA__EVENT_VERSION, /* the first of each file */
    GRA__EVENT_SCALAR,
    GRA__EVENT_TEXT,
    GRA__EVENT_IMAGE,
    GRA__EVENT_HISTOGRAM,
    GRA__EVENT_GRAPH,
} gra__event_kind;

typedef struct gra__event_graph_node {
    char *name, *op;
    char **inputs; /* names of other nodes, and :K for their output K above 0 */
    size_t input_count;
    gra_shape shape; /* of the result */
} gra__event_graph_node;

/* All is borrowed. */
typedef struct gra__event {
    gra__event_kind kind;
    double wall_time; /* seconds since 1970 */
    int64_t step;
    const char *tag;
    union {
        double scalar;
        const char *text;
        struct {
            int height, width, channels;
            const void *png;
            size_t bytes;
        } image;
        struct {
            double min, max, num, sum, sum_squares;
            double *limits, *counts;
            size_t buckets;
        } histogram;
        struct {
            const gra__event_graph_node *nodes;
            size_t count;
        } graph;
    } is;
} gra__event;

/* False with an error that names op. */
bool gra__event_write(gra__append_file *f, const char *op, const gra__event *event);

/* A message of that many bytes as a record of 16 more. */
void gra__event_frame(uint8_t *record, const void *message, size_t bytes);

#endif
