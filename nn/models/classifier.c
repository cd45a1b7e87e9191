/* classifier.c - what AlexNet and VGG share. */
#include "nn/models/classifier.h"

#include <math.h>

#include "core/error.h"
#include "core/object.h"
#include "ops/ops.h"

enum { WHOLE_VECTOR = 8, WIDTH_MAX = 1000 };

int64_t gra__scaled(int64_t channels, double width)
{
    const int64_t vectors = llround((double)channels * width / WHOLE_VECTOR);
    return (vectors > 0 ? vectors : 1) * WHOLE_VECTOR;
}

bool gra__check_width(const char *type, double width)
{
    if (!(width > 0 && width <= WIDTH_MAX))
        gra_fail("%s: width %g is out of range; a factor above 0, at most %d, is needed", type,
                 width, WIDTH_MAX);
    return !gra_error();
}

typedef struct parts {
    gra_module *features, *avgpool, *classifier; /* children; avgpool may be NULL */
} parts;

gra_tensor *gra__classifier_forward(gra_module *self, gra_tensor *x)
{
    const parts *const p = gra_module_data(self);
    x = gra_forward(p->features, x);
    if (p->avgpool)
        x = gra_forward(p->avgpool, x);
    return gra_forward(p->classifier, gra_flatten(x, 1, -1));
}

gra_module *gra__classifier_new(const gra_module_class *type, gra_module *features,
                                gra_module *avgpool, gra_module *classifier)
{
    gra_module *const self = gra_error() ? NULL : gra_module_new(type, sizeof(parts));
    parts *const p = gra_module_data(self);
    if (!p) {
        gra_free(features, avgpool, classifier);
        return NULL;
    }
    p->features = gra_module_add(self, "features", features);
    if (avgpool)
        p->avgpool = gra_module_add(self, "avgpool", avgpool);
    p->classifier = gra_module_add(self, "classifier", classifier);
    return gra_module_finish(self);
}
