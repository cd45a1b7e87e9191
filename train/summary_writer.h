/* summary_writer.h - what TensorBoard shows of a run: curves, images, histograms, the graph, text.
 *
 *     gra_writer *writer = gra_summary_writer("runs/lenet5");
 *     gra_writer_add_graph(writer, loss, .module = net);
 *     for (...) {
 *         gra_writer_add_scalar(writer, "loss/train", loss, step);
 *         gra_writer_add_histogram(writer, "conv1/weight", weight, step);
 *     }
 *     gra_writer_close(writer);
 *     gra_free(writer);
 *
 * and in a shell `tensorboard --logdir runs`, also while the run goes on: each call is in the file
 * when it returns. Names and what stands in the file are those of PyTorch's SummaryWriter. The file
 * is LOG_DIR/events.out.tfevents.SECONDS.HOST.PID.NUMBER, and a new one is made by each writer, so
 * that a run that is resumed goes on in its folder.
 *
 * Functions return 0, or -1 with an error, and nothing was written. After gra_writer_close they are an
 * error; NULL writers and tensors give -1 silently. A writer belongs to one thread at a time.
 * May include: core, ops, autograd, nn, optim, data, io.
 */
#ifndef GRA_TRAIN_SUMMARY_WRITER_H
#define GRA_TRAIN_SUMMARY_WRITER_H

#include "../io/run_log.h"
#include "../nn/module.h"

GRA_BEGIN_DECLS

typedef struct gra_writer gra_writer;

typedef struct gra_summary_writer_options {
    int begin_;
    const char *log_dir; /* made where it is missing; NULL: runs/DATE_TIME_HOST */
} gra_summary_writer_options;

gra_summary_writer_options gra_summary_writer_defaults(void);

/* An object to be freed. NULL with an error where the folder or file cannot be made. */
gra_writer *gra_summary_writer_with(gra_summary_writer_options options);

#ifndef __cplusplus
#define gra_summary_writer(...)                                                                    \
    gra_summary_writer_with(GRA_KEYWORDS(gra_summary_writer_options, .begin_ = 0, __VA_ARGS__))
#endif

const char *gra_writer_log_dir(const gra_writer *writer);

/* One value of a curve. A tag may have slashes: TensorBoard groups by what is before the first. NaN and
 * infinities are written and shown as such. */
int gra_writer_add_scalar(gra_writer *writer, const char *tag, double value, int64_t step);

/* Values that TensorBoard draws in one plot: gra_writer_add_scalars(w, "loss", 3, {"train", a}, {"test", b}).
 * As PyTorch does it, each name is a run of its own, in the folder LOG_DIR/TAG_NAME. */
int gra_writer_add_scalars_of(gra_writer *writer, const char *tag, int64_t step,
                              const gra_log_value *values, int count);

#ifndef __cplusplus
#define gra_writer_add_scalars(writer, tag, step, ...)                                             \
    gra_writer_add_scalars_of(                                                                     \
        writer, tag, step, (const gra_log_value[]){__VA_ARGS__},                                   \
        (int)(sizeof((const gra_log_value[]){__VA_ARGS__}) / sizeof(gra_log_value)))
#endif

/* Text in Markdown. */
int gra_writer_add_text(gra_writer *writer, const char *tag, const char *text, int64_t step);

/* An image [C, H, W], or a grey one [H, W]: uint8, or of a floating type in 0 to 1, beyond which it is
 * cut off. C is 1 grey, 3 RGB, 2 and 4 the same with alpha. */
int gra_writer_add_image(gra_writer *writer, const char *tag, const gra_tensor *image,
                         int64_t step);

/* How the elements of a tensor are distributed, in TensorBoard's default buckets, whose ends are 0 and
 * +-1e-12 1.1^k. An element that is not finite is an error: look for it with gra_writer_add_scalar. */
int gra_writer_add_histogram(gra_writer *writer, const char *tag, const gra_tensor *values,
                             int64_t step);

typedef struct gra_writer_graph_options {
    int begin_;
    gra_writer *writer;
    const gra_tensor *output; /* the result of recorded ops: a loss, or logits */
    const gra_module *module; /* NULL; else its parameters and the ops on them get its names */
} gra_writer_graph_options;

gra_writer_graph_options gra_writer_graph_defaults(void);

/* The graph that was recorded behind a tensor, with the shapes at the arrows. */
int gra_writer_add_graph_with(gra_writer_graph_options options);

#ifndef __cplusplus
#define gra_writer_add_graph(...)                                                                  \
    gra_writer_add_graph_with(GRA_KEYWORDS(gra_writer_graph_options, .begin_ = 0, __VA_ARGS__))
#endif

/* Waits until what was written is on the disk. */
int gra_writer_flush(gra_writer *writer);

/* Closes the file. gra_free does it too; once more does nothing. */
int gra_writer_close(gra_writer *writer);

GRA_END_DECLS

#endif
