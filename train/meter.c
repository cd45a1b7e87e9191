/* meter.c - means of metrics. */
#include "train/meter.h"

#include <math.h>

#include "core/error.h"

void gra_meter_add(gra_meter *m, double value, double n)
{
    if (gra_error())
        return;
    if (!m)
        gra_fail("gra_meter_add: the meter is NULL");
    else if (!(n >= 0))
        gra_fail("gra_meter_add: a weight of %g is out of range; at least 0 is needed", n);
    else if (!(m->decay >= 0 && m->decay < 1))
        gra_fail(
            "gra_meter_add: decay %g is out of range; 0, a mean, or a number below 1 is needed",
            m->decay);
    if (gra_error())
        return;
    m->last = value;
    if (n == 0)
        return;
    const double kept = m->decay > 0 ? m->decay : 1;
    m->sum = kept * m->sum + n * value;
    m->weight = kept * m->weight + n;
}

double gra_meter_value(const gra_meter *m)
{
    return m && m->weight > 0 ? m->sum / m->weight : NAN;
}
