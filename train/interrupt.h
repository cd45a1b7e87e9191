/* interrupt.h - Ctrl-C ends the loop rather than the program.
 *
 *     gra_catch_interrupt();
 *     while (!gra_interrupted() && gra_progress_next(bar, &x, &y))
 *         ...                                                   the step is finished in any case
 *     if (gra_interrupted()) {
 *         gra_save_training("run.safetensors", .module = net, .optim = opt);
 *         gra_progress_print(bar, "interrupted: saved to run.safetensors");
 *     }
 *     gra_restore_interrupt();
 *
 * The first SIGINT (Ctrl-C) or SIGTERM (kill, a batch system that is about to end the job) sets a
 * flag. The second one ends the program at once, as it would have without this. A signal that the
 * program was started to ignore, as nohup and a shell's & do, stays ignored.
 * May include: core, ops, autograd, nn, optim, data, io.
 */
#ifndef GRA_TRAIN_INTERRUPT_H
#define GRA_TRAIN_INTERRUPT_H

#include "../core/common.h"

GRA_BEGIN_DECLS

/* Catches both signals from now on, for the whole process, and forgets an earlier interruption.
 * Returns 0, or -1 with an error. A second call changes nothing but that. */
int gra_catch_interrupt(void);

/* The number of the signal that came, or 0. Stays until gra_catch_interrupt. Any thread may ask. */
int gra_interrupted(void);

/* Puts back what was done with the signals before. */
void gra_restore_interrupt(void);

GRA_END_DECLS

#endif
