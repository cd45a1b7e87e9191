/* anomaly.h - anomaly mode: finding where a gradient stops being a number.
 *
 *     gra_detect_anomaly(true);
 *     gra_backward(loss);
 *
 *     gra_backward: the rule of sqrt gave its input 0 (float32 [2, 3]) a gradient that is inf at [0, 1]
 *     (recorded at net.c:31 in module features.3)
 *
 * While it is on for a thread, each node notes in which module it was recorded, and, in a program that
 * is compiled with GRA_LINES (core/lines.h), from which line; and each gradient that a rule gives is
 * searched for NaN and infinities.  The first one is an error, as is a rule that fails, which is told its
 * place as well.  It costs time; off, it costs nothing.  Switch it on before the forward pass.
 * May include: core, ops.
 */
#ifndef GRA_AUTOGRAD_ANOMALY_H
#define GRA_AUTOGRAD_ANOMALY_H

#include "../core/common.h"

GRA_BEGIN_DECLS

typedef struct gra_detect_anomaly_options {
    int begin_;
    bool enabled;
    bool forward; /* false; search the results of ops too: an error where all inputs are finite */
    bool allow_infinity; /* false; only NaN is an anomaly */
} gra_detect_anomaly_options;

gra_detect_anomaly_options gra_detect_anomaly_defaults(void);

/* Sets this thread's mode. Returns whether it was on. */
bool gra_detect_anomaly_with(gra_detect_anomaly_options options);

#ifndef __cplusplus
#define gra_detect_anomaly(...)                                                                    \
    gra_detect_anomaly_with(GRA_KEYWORDS(gra_detect_anomaly_options, .begin_ = 0, __VA_ARGS__))
#endif

GRA_END_DECLS

#endif
