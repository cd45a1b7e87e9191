#include "ops/kernels/conv2d_nhwc.h"

#include "ops/kernels/channels_last.h"
#include "ops/kernels/space_to_depth.h"
#include "ops/kernels/winograd.h"

typedef enum { WINOGRAD, SPACE_TO_DEPTH, CHANNELS_LAST } algorithm;

static algorithm algorithm_of(const gra__conv2d_shape *shape)
{
    return gra__winograd_fits(shape)         ? WINOGRAD
           : gra__space_to_depth_fits(shape) ? SPACE_TO_DEPTH
                                             : CHANNELS_LAST;
}

bool gra__conv2d_nhwc_fits(const gra__conv2d_shape *shape)
{
    return gra__winograd_fits(shape) || gra__channels_last_fits(shape);
}

/* Vectors run over output channels: less than two of them are half empty, or too few to hide the copies. With an image
 * of a single row, a sequence, the direct kernels are as fast and need no copies. */
bool gra__conv2d_nhwc_pays(const gra__conv2d_shape *shape)
{
    return gra__conv2d_nhwc_fits(shape) && (shape->h > 1 || shape->w == 1) &&
           shape->k / shape->groups >= 32 && shape->c / shape->groups * shape->r * shape->s >= 16;
}

size_t gra__conv2d_nhwc_forward_workspace_f32(const gra__conv2d_shape *shape)
{
    switch (algorithm_of(shape)) {
    case WINOGRAD: return gra__winograd_forward_workspace(shape);
    case SPACE_TO_DEPTH: return gra__space_to_depth_forward_workspace(shape);
    default: return gra__channels_last_forward_workspace(shape);
    }
}

size_t gra__conv2d_nhwc_backward_input_workspace_f32(const gra__conv2d_shape *shape)
{
    switch (algorithm_of(shape)) {
    case WINOGRAD: return gra__winograd_backward_input_workspace(shape);
    case SPACE_TO_DEPTH: return gra__space_to_depth_backward_input_workspace(shape);
    default: return gra__channels_last_backward_input_workspace(shape);
    }
}

size_t gra__conv2d_nhwc_backward_weight_workspace_f32(const gra__conv2d_shape *shape)
{
    switch (algorithm_of(shape)) {
    case WINOGRAD: return gra__winograd_backward_weight_workspace(shape);
    case SPACE_TO_DEPTH: return gra__space_to_depth_backward_weight_workspace(shape);
    default: return gra__channels_last_backward_weight_workspace(shape);
    }
}

void gra__conv2d_nhwc_forward_f32(const gra__conv2d_shape *shape, const float *x, const float *w,
                                  const float *bias, bool relu, float *y, void *workspace)
{
    switch (algorithm_of(shape)) {
    case WINOGRAD: gra__winograd_forward(shape, x, w, bias, relu, y, workspace); break;
    case SPACE_TO_DEPTH: gra__space_to_depth_forward(shape, x, w, bias, relu, y, workspace); break;
    default: gra__channels_last_forward(shape, x, w, bias, relu, y, workspace);
    }
}

gra__weight_form gra__conv2d_nhwc_form_f32(const gra__conv2d_shape *shape)
{
    if (algorithm_of(shape) != WINOGRAD)
        return (gra__weight_form){0}; // the others spend little on their weights
    return (gra__weight_form){gra__winograd_prepared_bytes(shape),
                              (uint64_t)gra__winograd_outputs(shape) << 32 |
                                  (uint64_t)shape->groups};
}

void gra__conv2d_nhwc_prepare_f32(const gra__conv2d_shape *shape, const float *w, float *prepared)
{
    gra__winograd_prepare(shape, w, prepared);
}

size_t gra__conv2d_nhwc_forward_prepared_workspace_f32(const gra__conv2d_shape *shape)
{
    return gra__winograd_forward_prepared_workspace(shape);
}

void gra__conv2d_nhwc_forward_prepared_f32(const gra__conv2d_shape *shape, const float *x,
                                           const float *prepared, const float *bias, bool relu,
                                           float *y, void *workspace)
{
    gra__winograd_forward_prepared(shape, x, prepared, bias, relu, y, workspace);
}

void gra__conv2d_nhwc_backward_input_f32(const gra__conv2d_shape *shape, const float *g,
                                         const float *w, float *dx, void *workspace)
{
    switch (algorithm_of(shape)) {
    case WINOGRAD: gra__winograd_backward_input(shape, g, w, dx, workspace); break;
    case SPACE_TO_DEPTH: gra__space_to_depth_backward_input(shape, g, w, dx, workspace); break;
    default: gra__channels_last_backward_input(shape, g, w, dx, workspace);
    }
}

void gra__conv2d_nhwc_backward_weight_f32(const gra__conv2d_shape *shape, const float *g,
                                          const float *x, float *dw, float *db, void *workspace)
{
    switch (algorithm_of(shape)) {
    case WINOGRAD: gra__winograd_backward_weight(shape, g, x, dw, db, workspace); break;
    case SPACE_TO_DEPTH: gra__space_to_depth_backward_weight(shape, g, x, dw, db, workspace); break;
    default: gra__channels_last_backward_weight(shape, g, x, dw, db, workspace);
    }
}
