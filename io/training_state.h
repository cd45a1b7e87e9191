/* training_state.h - all that a training run needs to go on as if it had not stopped, in one file.
 *
 *     gra_save_training("run.safetensors", .module = net, .optim = opt, .scheduler = plan);
 *
 * and in the next run, after the same constructors:
 *
 *     gra_load_training("run.safetensors", .module = net, .optim = opt, .scheduler = plan);
 *
 * What is read has the bits that were written, so the run goes on with the same numbers.  The file is
 * a safetensors file (safetensors.h) and is replaced as a whole or not at all.  NAME is a parameter's
 * name in the module that the optimizer was made for, or its number in the optimizer:
 *
 *     module.NAME                          parameters and buffers
 *     optim.AdamW.groups.0.lr              each option of each group; flags are 0 or 1
 *     optim.AdamW.groups.0.initial_lr      where a plan has been made
 *     optim.AdamW.state.NAME.group         the group that a parameter is in
 *     optim.AdamW.state.NAME.step          how often it has moved
 *     optim.AdamW.state.NAME.exp_avg       what is remembered of it, by PyTorch's names
 *     scheduler.linear_lr.last_epoch       the plan's own; a plan of plans has sequential_lr.0.linear_lr
 *     generator                            seed and position of the thread's default generator
 *
 *     data                                 the loader's epoch, batch, and whether the order is random
 *
 * Numbers are F64 without dims, the generator's are two I64, the loader's three.  With .data a run goes on
 * in the middle of an epoch; without it, save between epochs, and shuffle the loader as often as before.
 * May include: core, ops, autograd, nn, optim; of data loader.h.
 */
#ifndef GRA_IO_TRAINING_STATE_H
#define GRA_IO_TRAINING_STATE_H

#include "../data/loader.h"
#include "../optim/schedulers.h"

GRA_BEGIN_DECLS

typedef struct gra_training_options {
    int begin_;
    const char *path;
    gra_module *module;       /* NULL: not saved, or left as it is */
    gra_optim *optim;         /* the same; the generator goes with it */
    gra_scheduler *scheduler; /* the same */
    gra_data *data;           /* the same */
} gra_training_options;

gra_training_options gra_training_defaults(void);

/* Return 0, or -1 with an error. Loading wants in the file just what the objects have: the names of
 * the module, a state of the same optimizer for the same parameters in the same groups, a plan of the
 * same kind; a dtype may differ among floating types; a loader whose epochs have as many batches. Options, learning rates among them, become
 * those of the file. Parts of the file that are not asked for are ignored, so that a module can be loaded by
 * itself. After a failed load everything is as it was. */
int gra_save_training_with(gra_training_options options);
int gra_load_training_with(gra_training_options options);

#ifndef __cplusplus
#define gra_save_training(...)                                                                     \
    gra_save_training_with(GRA_KEYWORDS(gra_training_options, .begin_ = 0, __VA_ARGS__))
#define gra_load_training(...)                                                                     \
    gra_load_training_with(GRA_KEYWORDS(gra_training_options, .begin_ = 0, __VA_ARGS__))
#endif

GRA_END_DECLS

#endif
