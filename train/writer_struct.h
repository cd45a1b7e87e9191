/* writer_struct.h - a summary writer, for the files that write what it shows. */
#ifndef GRA_TRAIN_WRITER_STRUCT_H
#define GRA_TRAIN_WRITER_STRUCT_H

#include "core/object_struct.h"
#include "io/event.h"
#include "train/summary_writer.h"

struct gra_writer {
    gra_object head;
    char *dir; /* owned */
    gra__append_file file;
    struct gra__writer_part *parts; /* owned: the runs of add_scalars */
    size_t part_count;
};

/* False, with an error where the writer is closed or the tag is NULL. */
bool gra__writer_ready(const gra_writer *w, const char *op, const char *tag);

/* Writes an event of which kind, tag, step and content are set: 0, or -1 with an error. */
int gra__writer_put(gra_writer *w, const char *op, gra__event *event);

#endif
