/* curvature.c - diagonal second derivatives: another rule for the walk of backward.c.
 *
 *       loss                      AFFINE      g = 1
 *         | mean                  AFFINE      g = 1/n             vjp
 *         | square_terms  LOSS    CURVATURE   h = 2 g             .curvature_rule
 *         | linear                CURVATURE   h_x = h w^2         vjp on squares
 *         | tanh                  CURVATURE   h_x = h f'^2        vjp of ones, squared
 *
 * What waits at a node has an order, and what is of different orders is not added up.
 */
#include "autograd/curvature.h"

#include <stdlib.h>

#include "autograd/walk.h"
#include "core/create.h"
#include "core/error.h"
#include "core/error_path.h"
#include "core/tensor_struct.h"
#include "ops/ops.h"

/* Whether the rule gives the same whatever the inputs are that gradients go to: where it reads neither
 * those nor an output. */
static bool is_affine(const gra_node *node)
{
    bool affine = !node->saves_more && !(node->extra && node->extra->packed);
    for (int k = 0; k < node->n_out; k++)
        affine = affine && !node->results[k].saved;
    for (int i = 0; i < node->n_in; i++)
        affine = affine && !(node->edges[i].saved && (node->edges[i].node || node->edges[i].leaf));
    return affine;
}

/* dx = h f'(x)^2, with f' from the rule. */
static void through_elements(gra_call *c, gra_tensor **h, gra_tensor **dx)
{
    gra_tensor *ones = gra_ones_like(h[0]);
    if (!ones)
        return;
    c->op->vjp(c, &ones, dx);
    for (int i = 0; i < c->n_in; i++)
        if (c->needs[i])
            dx[i] = gra_mul(h[0], gra_square(dx[i]));
}

/* The rule of an op that is linear in each input has the others as factors. */
static void through_products(gra_call *c, gra_tensor **h, gra_tensor **dx)
{
    for (int i = 0; i < c->n_in; i++)
        c->in[i] = c->in[i] ? gra_square(c->in[i]) : NULL;
    if (!gra__failed)
        c->op->vjp(c, h, dx);
}

/* What a gradient gives that has not met a loss yet. */
static void above_a_loss(gra__walk *w, const gra_node *node, gra_call *c, gra_tensor **g,
                         gra_tensor **dx)
{
    const gra_curvature_kind kind = c->op->curvature;
    if (kind == GRA_CURVATURE_LOSS) {
        w->order = GRA__CURVATURE;
        c->op->curvature_rule(c, g, dx);
    } else if (kind == GRA_CURVATURE_GRADIENT || is_affine(node)) {
        w->order = kind == GRA_CURVATURE_GRADIENT ? GRA__GRADIENT : (gra__order)node->order;
        c->op->vjp(c, g, dx);
    } else
        gra_fail(
            "gra_curvature: %s stands where no loss has come yet; second derivatives begin at an "
            "op such as mse_loss or rbf, and only affine ops may stand between it and the result",
            gra_op_name(c->op));
}

void gra__curvature_rule(gra__walk *w, const gra_node *node, gra_call *c, gra_tensor **g,
                         gra_tensor **dx)
{
    w->order = (gra__order)node->order;
    if (w->order != GRA__CURVATURE) {
        above_a_loss(w, node, c, g, dx);
        return;
    }
    switch (c->op->curvature) {
    case GRA_CURVATURE_MOVES: c->op->vjp(c, g, dx); return;
    case GRA_CURVATURE_ELEMENTWISE: through_elements(c, g, dx); return;
    case GRA_CURVATURE_PRODUCTS: through_products(c, g, dx); return;
    case GRA_CURVATURE_OWN: c->op->curvature_rule(c, g, dx); return;
    case GRA_CURVATURE_GRADIENT:
    case GRA_CURVATURE_LOSS:
        gra_fail("gra_curvature: %s stands below another loss, where second derivatives go down "
                 "already; it can only stand above",
                 gra_op_name(c->op));
        return;
    case GRA_CURVATURE_UNDECLARED: break;
    }
    gra_fail(
        "gra_curvature: %s does not say how second derivatives go through it; give its gra_op a "
        ".curvature",
        gra_op_name(c->op));
}

bool gra__curvature_arrives(const gra__walk *w, gra_node *node)
{
    bool waits = false;
    for (int k = 0; k < node->n_out; k++)
        waits |= node->results[k].grad != NULL;
    if (waits && node->order != (unsigned char)w->order)
        gra_fail("gra_curvature: the result of %s is used both below a loss and beside it; second "
                 "derivatives of such a sum are not there",
                 gra_op_name(node->op));
    node->order = (unsigned char)w->order;
    return !gra__failed;
}

gra_tensor *gra__curvature_result(const gra_node *below, gra__order order, gra_tensor *g)
{
    if (order == GRA__GRADIENT)
        return gra_fail(
            "gra_curvature: a wanted tensor stands right below %s; second derivatives begin "
            "at a loss such as rbf, which is to stand between",
            gra_op_name(below->op));
    return order == GRA__CURVATURE ? g : gra_zeros_like(g);
}

/* ---- the function ---- */

static gra__target target_of(const gra_tensor *t)
{
    return t->node ? (gra__target){.owner = t->node, .output = t->output}
                   : (gra__target){.owner = t};
}

static bool check(gra_tensor *loss, gra_tensor *const *inputs, int count, gra_tensor **results)
{
    char text[GRA_SHAPE_TEXT];
    if (!loss || count < 0 || (count > 0 && (!inputs || !results)))
        return gra_fail("gra_curvature: the %s NULL",
                        loss ? "list of inputs or results is" : "loss is");
    if (loss->numel != 1 || !loss->node)
        return gra_fail(
            "gra_curvature: the loss has shape %s%s; a recorded one of one element is needed",
            gra_shape_text(loss->shape, text), loss->node ? "" : " and no history");
    for (int i = 0; i < count; i++) {
        if (!inputs[i] || !inputs[i]->requires_grad)
            return gra_fail("gra_curvature: input %d %s", i,
                            inputs[i] ? "does not require a gradient" : "is NULL");
        gra__bring_up_to_date(inputs[i]);
    }
    return !gra__failed && gra__histories_are_current(&loss, 1);
}

static bool run(gra_tensor *loss, gra_tensor *const *inputs, int count, gra_tensor **results)
{
    gra__target *const targets = calloc((size_t)count + 1, sizeof *targets);
    if (!targets)
        return gra_fail("gra_curvature: out of memory for %d inputs", count);
    for (int i = 0; i < count; i++)
        targets[i] = target_of(inputs[i]);
    qsort(targets, (size_t)count, sizeof *targets, gra__by_owner);
    gra__walk w = {
        .targets = targets,
        .target_count = count,
        .retain = true,
        .curvature = true,
    };
    bool fine = gra__walk_run(&w, &loss, NULL, 1);
    for (int i = 0; i < count && fine; i++) {
        gra_tensor *const found = gra__find_target(&w, target_of(inputs[i]))->grad;
        gra__retain(found);
        results[i] = found ? gra__scoped(found) : gra_zeros_like(inputs[i]);
        fine = results[i] != NULL;
    }
    for (int i = 0; i < count; i++)
        gra__release(targets[i].grad);
    free(targets);
    return fine;
}

int gra_curvature(gra_tensor *loss, gra_tensor *const *inputs, int count, gra_tensor **results)
{
    for (int i = 0; results && i < count; i++)
        results[i] = NULL;
    if (gra__failed)
        return -1;
    if (check(loss, inputs, count, results) && run(loss, inputs, count, results))
        return 0;
    for (int i = 0; results && i < count; i++)
        results[i] = NULL;
    return -1;
}
