/* anomaly.c - switching anomaly mode (core/anomaly.h does the work). */
#include "autograd/anomaly.h"

#include "core/anomaly.h"

gra_detect_anomaly_options gra_detect_anomaly_defaults(void)
{
    return (gra_detect_anomaly_options){0};
}

bool gra_detect_anomaly_with(gra_detect_anomaly_options o)
{
    const bool was = gra__anomaly.on;
    gra__anomaly.on = o.enabled;
    gra__anomaly.forward = o.enabled && o.forward;
    gra__anomaly.allow_infinity = o.allow_infinity;
    return was;
}
