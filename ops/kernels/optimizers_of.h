/* optimizers_of.h - the loops of optimizers_loops.c for one type, which includes this file once for
 * each: REAL is the type, SQRT and ABS are its functions, OF(f) is f's name for it. */

/* Elements in memory may lie at any byte. */
typedef REAL OF(at_any_byte) __attribute__((aligned(1), may_alias));
#define ELEMENT OF(at_any_byte)

/* The gradient as an update takes it. */
static inline REAL OF(gradient)(REAL g, REAL p, bool maximize, bool decays, REAL decay)
{
    g = maximize ? -g : g;
    return decays ? g + decay * p : g;
}

/* The larger one; NaN wins. */
static inline REAL OF(larger)(REAL a, REAL b)
{
    return a > b || a != a ? a : b;
}

UPDATE OF(sgd_loop)(size_t n, ELEMENT *p, const ELEMENT *gradient, ELEMENT *buffer,
                    const gra__sgd_step *step, const bool has_buffer, const bool first,
                    const bool nesterov)
{
    const bool maximize = step->maximize, decays = step->weight_decay != 0;
    const REAL lr = (REAL)step->lr, momentum = (REAL)step->momentum,
               kept = (REAL)(1 - step->dampening), decay = (REAL)step->weight_decay;
    GRA_INDEPENDENT
    for (size_t i = 0; i < n; i++) {
        REAL g = OF(gradient)(gradient[i], p[i], maximize, decays, decay);
        if (has_buffer) {
            const REAL b = first ? g : momentum * buffer[i] + kept * g;
            buffer[i] = b;
            g = nesterov ? g + momentum * b : b;
        }
        p[i] -= lr * g;
    }
}

static void OF(sgd)(size_t n, char *p, const char *g, char *const *memory,
                    const gra__optimizer_step *step)
{
    const gra__sgd_step *const s = &step->sgd;
    ELEMENT *const to = (ELEMENT *)p, *const buffer = (ELEMENT *)memory[0];
    const ELEMENT *const from = (const ELEMENT *)g;
    if (s->momentum == 0)
        OF(sgd_loop)(n, to, from, NULL, s, false, false, false);
    else if (s->first && s->nesterov)
        OF(sgd_loop)(n, to, from, buffer, s, true, true, true);
    else if (s->first)
        OF(sgd_loop)(n, to, from, buffer, s, true, true, false);
    else if (s->nesterov)
        OF(sgd_loop)(n, to, from, buffer, s, true, false, true);
    else
        OF(sgd_loop)(n, to, from, buffer, s, true, false, false);
}

UPDATE OF(adam_loop)(size_t n, ELEMENT *p, const ELEMENT *gradient, char *const *memory,
                     const gra__adam_step *step, const bool amsgrad)
{
    ELEMENT *const ms = (ELEMENT *)memory[0], *const vs = (ELEMENT *)memory[1],
                   *const us = (ELEMENT *)memory[2];
    const bool maximize = step->maximize, decays = step->weight_decay != 0;
    const REAL size = (REAL)step->step_size, scale = (REAL)step->scale, eps = (REAL)step->eps,
               decay = (REAL)step->weight_decay, keep = (REAL)step->keep,
               fresh1 = (REAL)(1 - step->beta1), beta2 = (REAL)step->beta2,
               fresh2 = (REAL)(1 - step->beta2);
    GRA_INDEPENDENT
    for (size_t i = 0; i < n; i++) {
        const REAL g = OF(gradient)(gradient[i], p[i], maximize, decays, decay);
        const REAL m = ms[i] + fresh1 * (g - ms[i]);
        const REAL v = beta2 * vs[i] + fresh2 * g * g;
        REAL u = v;
        if (amsgrad) {
            u = OF(larger)(us[i], v);
            us[i] = u;
        }
        ms[i] = m;
        vs[i] = v;
        p[i] = keep * p[i] - size * m / (scale * SQRT(u) + eps);
    }
}

static void OF(adam)(size_t n, char *p, const char *g, char *const *memory,
                     const gra__optimizer_step *step)
{
    ELEMENT *const to = (ELEMENT *)p;
    const ELEMENT *const from = (const ELEMENT *)g;
    if (step->adam.amsgrad)
        OF(adam_loop)(n, to, from, memory, &step->adam, true);
    else
        OF(adam_loop)(n, to, from, memory, &step->adam, false);
}

static void OF(adamax)(size_t n, char *parameters, const char *gradients, char *const *memory,
                       const gra__optimizer_step *all)
{
    const gra__adamax_step *const step = &all->adamax;
    ELEMENT *const p = (ELEMENT *)parameters, *const ms = (ELEMENT *)memory[0],
                   *const us = (ELEMENT *)memory[1];
    const ELEMENT *const gradient = (const ELEMENT *)gradients;
    const bool maximize = step->maximize, decays = step->weight_decay != 0;
    const REAL size = (REAL)step->step_size, fresh = (REAL)(1 - step->beta1),
               beta2 = (REAL)step->beta2, eps = (REAL)step->eps, decay = (REAL)step->weight_decay;
    GRA_INDEPENDENT
    for (size_t i = 0; i < n; i++) {
        const REAL g = OF(gradient)(gradient[i], p[i], maximize, decays, decay);
        const REAL m = ms[i] + fresh * (g - ms[i]);
        const REAL u = OF(larger)(beta2 * us[i], ABS(g) + eps);
        ms[i] = m;
        us[i] = u;
        p[i] -= size * m / u;
    }
}

static void OF(nadam)(size_t n, char *parameters, const char *gradients, char *const *memory,
                      const gra__optimizer_step *all)
{
    const gra__nadam_step *const step = &all->nadam;
    ELEMENT *const p = (ELEMENT *)parameters, *const ms = (ELEMENT *)memory[0],
                   *const vs = (ELEMENT *)memory[1];
    const ELEMENT *const gradient = (const ELEMENT *)gradients;
    const bool maximize = step->maximize, decays = step->weight_decay != 0;
    const REAL gradient_size = (REAL)step->gradient_size, size = (REAL)step->step_size,
               scale = (REAL)step->scale, eps = (REAL)step->eps, decay = (REAL)step->weight_decay,
               keep = (REAL)step->keep, fresh1 = (REAL)(1 - step->beta1), beta2 = (REAL)step->beta2,
               fresh2 = (REAL)(1 - step->beta2);
    GRA_INDEPENDENT
    for (size_t i = 0; i < n; i++) {
        const REAL g = OF(gradient)(gradient[i], p[i], maximize, decays, decay);
        const REAL m = ms[i] + fresh1 * (g - ms[i]);
        const REAL v = beta2 * vs[i] + fresh2 * g * g;
        ms[i] = m;
        vs[i] = v;
        p[i] = keep * p[i] - (gradient_size * g + size * m) / (SQRT(scale * v) + eps);
    }
}

UPDATE OF(rmsprop_loop)(size_t n, ELEMENT *p, const ELEMENT *gradient, char *const *memory,
                        const gra__rmsprop_step *step, const bool centered, const bool has_buffer)
{
    ELEMENT *const vs = (ELEMENT *)memory[0], *const bs = (ELEMENT *)memory[1],
                   *const as = (ELEMENT *)memory[2];
    const bool maximize = step->maximize, decays = step->weight_decay != 0;
    const REAL lr = (REAL)step->lr, alpha = (REAL)step->alpha, fresh = (REAL)(1 - step->alpha),
               eps = (REAL)step->eps, momentum = (REAL)step->momentum,
               decay = (REAL)step->weight_decay;
    GRA_INDEPENDENT
    for (size_t i = 0; i < n; i++) {
        const REAL g = OF(gradient)(gradient[i], p[i], maximize, decays, decay);
        const REAL v = alpha * vs[i] + fresh * g * g;
        vs[i] = v;
        REAL r = v;
        if (centered) {
            const REAL a = as[i] + fresh * (g - as[i]);
            as[i] = a;
            r = v - a * a;
        }
        REAL d = g / (SQRT(r) + eps);
        if (has_buffer) {
            d = momentum * bs[i] + d;
            bs[i] = d;
        }
        p[i] -= lr * d;
    }
}

static void OF(rmsprop)(size_t n, char *p, const char *g, char *const *memory,
                        const gra__optimizer_step *step)
{
    const gra__rmsprop_step *const s = &step->rmsprop;
    ELEMENT *const to = (ELEMENT *)p;
    const ELEMENT *const from = (const ELEMENT *)g;
    if (s->centered && s->momentum > 0)
        OF(rmsprop_loop)(n, to, from, memory, s, true, true);
    else if (s->centered)
        OF(rmsprop_loop)(n, to, from, memory, s, true, false);
    else if (s->momentum > 0)
        OF(rmsprop_loop)(n, to, from, memory, s, false, true);
    else
        OF(rmsprop_loop)(n, to, from, memory, s, false, false);
}

static void OF(adagrad)(size_t n, char *parameters, const char *gradients, char *const *memory,
                        const gra__optimizer_step *all)
{
    const gra__adagrad_step *const step = &all->adagrad;
    ELEMENT *const p = (ELEMENT *)parameters, *const sums = (ELEMENT *)memory[0];
    const ELEMENT *const gradient = (const ELEMENT *)gradients;
    const bool maximize = step->maximize, decays = step->weight_decay != 0;
    const REAL lr = (REAL)step->lr, eps = (REAL)step->eps, decay = (REAL)step->weight_decay;
    GRA_INDEPENDENT
    for (size_t i = 0; i < n; i++) {
        const REAL g = OF(gradient)(gradient[i], p[i], maximize, decays, decay);
        const REAL s = sums[i] + g * g;
        sums[i] = s;
        p[i] -= lr * g / (SQRT(s) + eps);
    }
}

static void OF(adadelta)(size_t n, char *parameters, const char *gradients, char *const *memory,
                         const gra__optimizer_step *all)
{
    const gra__adadelta_step *const step = &all->adadelta;
    ELEMENT *const p = (ELEMENT *)parameters, *const vs = (ELEMENT *)memory[0],
                   *const as = (ELEMENT *)memory[1];
    const ELEMENT *const gradient = (const ELEMENT *)gradients;
    const bool maximize = step->maximize, decays = step->weight_decay != 0;
    const REAL lr = (REAL)step->lr, rho = (REAL)step->rho, fresh = (REAL)(1 - step->rho),
               eps = (REAL)step->eps, decay = (REAL)step->weight_decay;
    GRA_INDEPENDENT
    for (size_t i = 0; i < n; i++) {
        const REAL g = OF(gradient)(gradient[i], p[i], maximize, decays, decay);
        const REAL v = rho * vs[i] + fresh * g * g;
        const REAL d = SQRT(as[i] + eps) / SQRT(v + eps) * g;
        vs[i] = v;
        as[i] = rho * as[i] + fresh * d * d;
        p[i] -= lr * d;
    }
}

UPDATE OF(lars_loop)(size_t n, ELEMENT *p, const ELEMENT *gradient, ELEMENT *buffer,
                     const gra__lars_step *step, const bool has_buffer)
{
    const bool decays = step->weight_decay != 0;
    const REAL rate = (REAL)step->rate, momentum = (REAL)step->momentum,
               decay = (REAL)step->weight_decay;
    GRA_INDEPENDENT
    for (size_t i = 0; i < n; i++) {
        REAL d = rate * OF(gradient)(gradient[i], p[i], false, decays, decay);
        if (has_buffer) {
            d = momentum * buffer[i] + d;
            buffer[i] = d;
        }
        p[i] -= d;
    }
}

static void OF(lars)(size_t n, char *p, const char *g, char *const *memory,
                     const gra__optimizer_step *step)
{
    ELEMENT *const to = (ELEMENT *)p;
    const ELEMENT *const from = (const ELEMENT *)g;
    if (step->lars.momentum != 0)
        OF(lars_loop)(n, to, from, (ELEMENT *)memory[0], &step->lars, true);
    else
        OF(lars_loop)(n, to, from, NULL, &step->lars, false);
}

static void OF(diagonal_lm)(size_t n, char *parameters, const char *gradients, char *const *memory,
                            const gra__optimizer_step *all)
{
    ELEMENT *const p = (ELEMENT *)parameters;
    const ELEMENT *const g = (const ELEMENT *)gradients, *const h = (const ELEMENT *)memory[0];
    const REAL lr = (REAL)all->diagonal_lm.lr, mu = (REAL)all->diagonal_lm.mu;
    GRA_INDEPENDENT
    for (size_t i = 0; i < n; i++)
        p[i] -= lr * g[i] / (mu + h[i]);
}

/* Sixteen partial sums, so that the compiler may add vectors: their number is part of the result. */
static double OF(sum_of_squares)(size_t n, const char *values)
{
    enum { LANES = 16 };
    const ELEMENT *const x = (const ELEMENT *)values;
    double lane[LANES] = {0}, sum = 0;
    size_t i = 0;
    for (; i + LANES <= n; i += LANES)
        for (size_t k = 0; k < LANES; k++)
            lane[k] += (double)x[i + k] * (double)x[i + k];
    for (size_t k = 0; i + k < n; k++)
        lane[k] += (double)x[i + k] * (double)x[i + k];
    for (size_t k = 0; k < LANES; k++)
        sum += lane[k];
    return sum;
}

#undef ELEMENT
