#include "tests/reference/optimizers.h"

#include <math.h>

static double decayed(double g, double p, bool maximize, double weight_decay)
{
    return (maximize ? -g : g) + weight_decay * p;
}

static double average(double old, double value, double kept)
{
    return kept * old + (1 - kept) * value;
}

static void sgd(double *p, double g, double *memory, const gra__sgd_step *s)
{
    g = decayed(g, *p, s->maximize, s->weight_decay);
    if (s->momentum != 0) {
        memory[0] = s->first ? g : s->momentum * memory[0] + (1 - s->dampening) * g;
        g = s->nesterov ? g + s->momentum * memory[0] : memory[0];
    }
    *p -= s->lr * g;
}

static void adam(double *p, double g, double *memory, const gra__adam_step *s)
{
    g = decayed(g, *p, s->maximize, s->weight_decay);
    *p *= s->keep;
    memory[0] = average(memory[0], g, s->beta1);
    memory[1] = average(memory[1], g * g, s->beta2);
    if (s->amsgrad)
        memory[2] = fmax(memory[2], memory[1]);
    *p -= s->step_size * memory[0] / (s->scale * sqrt(memory[s->amsgrad ? 2 : 1]) + s->eps);
}

static void adamax(double *p, double g, double *memory, const gra__adamax_step *s)
{
    g = decayed(g, *p, s->maximize, s->weight_decay);
    memory[0] = average(memory[0], g, s->beta1);
    memory[1] = fmax(s->beta2 * memory[1], fabs(g) + s->eps);
    *p -= s->step_size * memory[0] / memory[1];
}

static void nadam(double *p, double g, double *memory, const gra__nadam_step *s)
{
    g = decayed(g, *p, s->maximize, s->weight_decay);
    *p *= s->keep;
    memory[0] = average(memory[0], g, s->beta1);
    memory[1] = average(memory[1], g * g, s->beta2);
    const double root = sqrt(s->scale * memory[1]) + s->eps;
    *p -= s->gradient_size * g / root;
    *p -= s->step_size * memory[0] / root;
}

static void rmsprop(double *p, double g, double *memory, const gra__rmsprop_step *s)
{
    g = decayed(g, *p, s->maximize, s->weight_decay);
    memory[0] = average(memory[0], g * g, s->alpha);
    double variance = memory[0];
    if (s->centered) {
        memory[2] = average(memory[2], g, s->alpha);
        variance -= memory[2] * memory[2];
    }
    double d = g / (sqrt(variance) + s->eps);
    if (s->momentum > 0)
        d = memory[1] = s->momentum * memory[1] + d;
    *p -= s->lr * d;
}

static void adagrad(double *p, double g, double *memory, const gra__adagrad_step *s)
{
    g = decayed(g, *p, s->maximize, s->weight_decay);
    memory[0] += g * g;
    *p -= s->lr * g / (sqrt(memory[0]) + s->eps);
}

static void adadelta(double *p, double g, double *memory, const gra__adadelta_step *s)
{
    g = decayed(g, *p, s->maximize, s->weight_decay);
    memory[0] = average(memory[0], g * g, s->rho);
    const double d = sqrt(memory[1] + s->eps) / sqrt(memory[0] + s->eps) * g;
    memory[1] = average(memory[1], d * d, s->rho);
    *p -= s->lr * d;
}

static void lars(double *p, double g, double *memory, const gra__lars_step *s)
{
    double d = s->rate * (g + s->weight_decay * *p);
    if (s->momentum != 0)
        d = memory[0] = s->momentum * memory[0] + d;
    *p -= d;
}

static void diagonal_lm(double *p, double g, const double *memory, const gra__diagonal_lm_step *s)
{
    *p -= s->lr * g / (s->mu + memory[0]);
}

void gra__reference_update(gra__optimizer optimizer, double *p, double g, double *memory,
                           const gra__optimizer_step *step)
{
    switch (optimizer) {
    case GRA__SGD: sgd(p, g, memory, &step->sgd); break;
    case GRA__ADAM: adam(p, g, memory, &step->adam); break;
    case GRA__ADAMAX: adamax(p, g, memory, &step->adamax); break;
    case GRA__NADAM: nadam(p, g, memory, &step->nadam); break;
    case GRA__RMSPROP: rmsprop(p, g, memory, &step->rmsprop); break;
    case GRA__ADAGRAD: adagrad(p, g, memory, &step->adagrad); break;
    case GRA__ADADELTA: adadelta(p, g, memory, &step->adadelta); break;
    case GRA__LARS: lars(p, g, memory, &step->lars); break;
    case GRA__DIAGONAL_LM: diagonal_lm(p, g, memory, &step->diagonal_lm); break;
    case GRA__OPTIMIZER_COUNT: break;
    }
}
