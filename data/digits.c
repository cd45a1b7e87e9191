/* digits.c - how a digit is drawn, from the table to the pixels:
 *
 *     glyph     A way to write the digit: the knots that the pen passes through.
 *     jitter    Every knot is moved a little by itself: the hand is not exact.
 *     path      A smooth curve through the knots, flattened into short straight pieces.
 *     warp      A smooth random field bends the curve: a hand's lasting habits.
 *     pose      Scale, slant, rotation and shift take the curve to pixel coordinates.
 *     ink       A round pen of varying width runs along it; its soft edge does the antialiasing.
 *
 * Bit-for-bit reproducibility is part of the contract. The file uses only + - * / and sqrtf, which
 * IEEE 754 rounds in one way, and no other function of libm. It relies on the build for the rest:
 * -ffp-contract=off, so that no compiler fuses a product into a sum, no -ffast-math, and a machine
 * that computes floats as floats (FLT_EVAL_METHOD is 0), as every 64-bit one does.
 *
 * The spreads in hand_draw set how hard the digits are to read. They were chosen so that softmax
 * regression, which needs each stroke at its place, stays near 92 % after 60,000 digits, whereas a
 * LeNet-5 reaches 99 %. The shift matters most.
 */
#include "data/digits.h"

#include "core/philox.h"

#include <math.h>
#include <stdbool.h>
#include <stddef.h>

enum {
    SIDE = 28,      /* Pixels along an image's edge. */
    VARIANTS = 3,   /* Ways to write a digit, at most. */
    MAX_KNOTS = 20, /* More than any glyph below has. */
    STEPS = 6,      /* Straight pieces between two knots; a piece is one or two pixels long. */
    GRID = 5,       /* Control points of the warp along each axis. */

    MAX_PATH = MAX_KNOTS * STEPS, /* Points of a flattened glyph, at most. */
};

typedef struct {
    float x, y;
} point;

/* Glyphs are drawn on a square sheet with y pointing down, as on the screen:
 *
 *      0        50       100  x
 *    0 +---------+---------+
 *      |    .  #####  .    |      A digit fills the height, 0 to 100, and the middle of the width,
 *      |    . #     # .    |      about 20 to 80. At the usual scale 100 units are 20 pixels.
 *      |    .       # .    |
 *   50 +    .     ##  .    +      The pen goes down at a START and follows the knots in order, on
 *      |    .   ##    .    |      a curve that is smooth at a SMOOTH knot and breaks at a CORNER.
 *      |    . ##      .    |      It lifts at the end of the table or before the next START.
 *      |    . ####### .    |
 *  100 +---------+---------+
 *      y
 *
 * Between two breaks there is always at least one SMOOTH knot, so that the curve has a bend.
 */
typedef enum { END, START, SMOOTH, CORNER } knot_kind;

typedef struct {
    int8_t kind; /* A knot_kind. */
    int8_t x, y; /* On the sheet. */
} knot;

typedef struct {
    int weight;            /* The share of writers who write the digit in this way, in percent. */
    knot knots[MAX_KNOTS]; /* END, which is zero, fills the rest. */
} glyph;

/* Left as it stands, because a formatter gives every knot a line of its own. */
/* clang-format off */
static const glyph GLYPHS[10][VARIANTS] = {
    [0] = {
        /* A plain oval. */
        {50, {{START, 52, 0}, {SMOOTH, 30, 13}, {SMOOTH, 21, 48}, {SMOOTH, 29, 85},
              {SMOOTH, 50, 100}, {SMOOTH, 71, 85}, {SMOOTH, 79, 50}, {SMOOTH, 71, 15},
              {SMOOTH, 49, 1}}},
        /* Begun at the right, with the end crossing over the beginning. */
        {30, {{START, 67, 9}, {SMOOTH, 46, 2}, {SMOOTH, 27, 19}, {SMOOTH, 20, 54},
              {SMOOTH, 30, 87}, {SMOOTH, 51, 99}, {SMOOTH, 71, 84}, {SMOOTH, 79, 51},
              {SMOOTH, 71, 18}, {SMOOTH, 52, 4}, {SMOOTH, 37, 16}}},
        /* Not quite closed. */
        {20, {{START, 44, 3}, {SMOOTH, 28, 18}, {SMOOTH, 21, 50}, {SMOOTH, 30, 85},
              {SMOOTH, 51, 98}, {SMOOTH, 71, 85}, {SMOOTH, 79, 52}, {SMOOTH, 73, 21},
              {SMOOTH, 57, 4}}},
    },
    [1] = {
        /* A bare stem. */
        {50, {{START, 50, 0}, {SMOOTH, 50, 34}, {SMOOTH, 50, 67}, {SMOOTH, 50, 100}}},
        /* With a flag. */
        {30, {{START, 34, 22}, {SMOOTH, 46, 12}, {CORNER, 55, 0}, {SMOOTH, 54, 34},
              {SMOOTH, 53, 67}, {SMOOTH, 53, 100}}},
        /* With a flag and a foot. */
        {20, {{START, 33, 20}, {SMOOTH, 44, 11}, {CORNER, 52, 0}, {SMOOTH, 52, 34},
              {SMOOTH, 51, 67}, {SMOOTH, 51, 98}, {START, 28, 99}, {SMOOTH, 51, 98},
              {SMOOTH, 75, 98}}},
    },
    [2] = {
        /* With a sharp corner and a flat base. */
        {45, {{START, 22, 22}, {SMOOTH, 34, 5}, {SMOOTH, 55, 0}, {SMOOTH, 73, 12},
              {SMOOTH, 74, 33}, {SMOOTH, 59, 57}, {SMOOTH, 40, 77}, {CORNER, 20, 97},
              {SMOOTH, 50, 96}, {SMOOTH, 81, 97}}},
        /* With a loop at the foot. */
        {35, {{START, 24, 20}, {SMOOTH, 38, 4}, {SMOOTH, 58, 2}, {SMOOTH, 72, 17},
              {SMOOTH, 68, 41}, {SMOOTH, 53, 66}, {SMOOTH, 36, 90}, {SMOOTH, 21, 96},
              {SMOOTH, 20, 82}, {SMOOTH, 38, 80}, {SMOOTH, 57, 92}, {SMOOTH, 82, 95}}},
        /* With a rounded turn and a wavy base. */
        {20, {{START, 27, 12}, {SMOOTH, 48, 1}, {SMOOTH, 69, 9}, {SMOOTH, 72, 30},
              {SMOOTH, 58, 55}, {SMOOTH, 36, 78}, {CORNER, 22, 94}, {SMOOTH, 40, 88},
              {SMOOTH, 58, 96}, {SMOOTH, 80, 90}}},
    },
    [3] = {
        /* Two bows that meet in a point. */
        {50, {{START, 24, 12}, {SMOOTH, 42, 1}, {SMOOTH, 64, 6}, {SMOOTH, 71, 23},
              {SMOOTH, 62, 39}, {CORNER, 42, 47}, {SMOOTH, 66, 54}, {SMOOTH, 78, 73},
              {SMOOTH, 67, 93}, {SMOOTH, 44, 100}, {SMOOTH, 21, 90}}},
        /* With a small loop between the bows. */
        {25, {{START, 25, 8}, {SMOOTH, 46, 0}, {SMOOTH, 66, 8}, {SMOOTH, 69, 26},
              {SMOOTH, 56, 42}, {SMOOTH, 41, 50}, {SMOOTH, 44, 41}, {SMOOTH, 64, 50},
              {SMOOTH, 77, 70}, {SMOOTH, 66, 92}, {SMOOTH, 44, 99}, {SMOOTH, 20, 93}}},
        /* With a flat top. */
        {25, {{START, 23, 3}, {SMOOTH, 48, 3}, {CORNER, 73, 3}, {SMOOTH, 58, 21},
              {CORNER, 44, 39}, {SMOOTH, 66, 45}, {SMOOTH, 77, 66}, {SMOOTH, 68, 90},
              {SMOOTH, 44, 99}, {SMOOTH, 21, 91}}},
    },
    [4] = {
        /* Open at the top, with a separate stem. */
        {40, {{START, 33, 2}, {SMOOTH, 26, 29}, {CORNER, 20, 57}, {SMOOTH, 50, 57},
              {SMOOTH, 82, 55}, {START, 67, 14}, {SMOOTH, 65, 42}, {SMOOTH, 63, 71},
              {SMOOTH, 61, 100}}},
        /* Open and round, written without lifting the pen. */
        {25, {{START, 26, 4}, {SMOOTH, 20, 29}, {SMOOTH, 30, 50}, {SMOOTH, 51, 52},
              {SMOOTH, 68, 37}, {CORNER, 76, 5}, {SMOOTH, 72, 36}, {SMOOTH, 67, 68},
              {SMOOTH, 62, 100}}},
        /* Closed, as in print. */
        {35, {{START, 64, 100}, {SMOOTH, 64, 66}, {SMOOTH, 64, 33}, {CORNER, 63, 0},
              {SMOOTH, 41, 33}, {CORNER, 17, 67}, {SMOOTH, 50, 67}, {SMOOTH, 85, 66}}},
    },
    [5] = {
        /* In one go, beginning at the end of the bar. */
        {45, {{START, 75, 3}, {SMOOTH, 53, 3}, {CORNER, 32, 4}, {SMOOTH, 29, 23},
              {CORNER, 27, 43}, {SMOOTH, 50, 37}, {SMOOTH, 72, 50}, {SMOOTH, 76, 73},
              {SMOOTH, 62, 94}, {SMOOTH, 39, 99}, {SMOOTH, 20, 88}}},
        /* The bar comes last and may miss the stem. */
        {30, {{START, 34, 5}, {SMOOTH, 31, 25}, {CORNER, 29, 47}, {SMOOTH, 52, 43},
              {SMOOTH, 71, 57}, {SMOOTH, 71, 79}, {SMOOTH, 54, 96}, {SMOOTH, 22, 97},
              {START, 33, 4}, {SMOOTH, 55, 3}, {SMOOTH, 80, 1}}},
        /* Hasty, nearly an S. */
        {25, {{START, 77, 2}, {SMOOTH, 53, 2}, {SMOOTH, 35, 14}, {SMOOTH, 33, 36},
              {SMOOTH, 53, 47}, {SMOOTH, 70, 61}, {SMOOTH, 69, 83}, {SMOOTH, 49, 98},
              {SMOOTH, 21, 95}}},
    },
    [6] = {
        /* A round back. */
        {55, {{START, 67, 2}, {SMOOTH, 43, 17}, {SMOOTH, 27, 45}, {SMOOTH, 23, 74},
              {SMOOTH, 35, 96}, {SMOOTH, 57, 98}, {SMOOTH, 73, 83}, {SMOOTH, 70, 62},
              {SMOOTH, 52, 52}, {SMOOTH, 34, 61}, {SMOOTH, 25, 77}}},
        /* A straight back and a small bowl. */
        {45, {{START, 50, 0}, {SMOOTH, 38, 28}, {SMOOTH, 29, 58}, {SMOOTH, 27, 86},
              {SMOOTH, 43, 99}, {SMOOTH, 64, 91}, {SMOOTH, 71, 73}, {SMOOTH, 58, 60},
              {SMOOTH, 41, 67}, {SMOOTH, 30, 83}}},
    },
    [7] = {
        /* Plain. */
        {50, {{START, 20, 6}, {SMOOTH, 49, 5}, {CORNER, 79, 4}, {SMOOTH, 66, 34},
              {SMOOTH, 53, 66}, {SMOOTH, 44, 100}}},
        /* With a bar across the stem. */
        {25, {{START, 21, 7}, {SMOOTH, 49, 5}, {CORNER, 78, 4}, {SMOOTH, 65, 34},
              {SMOOTH, 52, 66}, {SMOOTH, 43, 100}, {START, 36, 52}, {SMOOTH, 57, 51},
              {SMOOTH, 78, 49}}},
        /* With a serif and a bent stem. */
        {25, {{START, 20, 23}, {SMOOTH, 21, 14}, {CORNER, 22, 5}, {SMOOTH, 49, 7},
              {CORNER, 78, 4}, {SMOOTH, 62, 33}, {SMOOTH, 53, 66}, {SMOOTH, 51, 100}}},
    },
    [8] = {
        /* An S that is closed on the way back up. */
        {60, {{START, 70, 13}, {SMOOTH, 51, 1}, {SMOOTH, 31, 11}, {SMOOTH, 33, 32},
              {SMOOTH, 53, 49}, {SMOOTH, 71, 68}, {SMOOTH, 68, 91}, {SMOOTH, 48, 99},
              {SMOOTH, 29, 88}, {SMOOTH, 31, 67}, {SMOOTH, 50, 49}, {SMOOTH, 66, 31},
              {SMOOTH, 70, 11}}},
        /* Two circles. */
        {40, {{START, 52, 46}, {SMOOTH, 33, 38}, {SMOOTH, 31, 15}, {SMOOTH, 49, 1},
              {SMOOTH, 68, 12}, {SMOOTH, 67, 36}, {SMOOTH, 52, 46}, {START, 51, 46},
              {SMOOTH, 30, 59}, {SMOOTH, 28, 84}, {SMOOTH, 49, 99}, {SMOOTH, 71, 86},
              {SMOOTH, 71, 60}, {SMOOTH, 51, 46}}},
    },
    [9] = {
        /* A straight stem. */
        {45, {{START, 72, 17}, {SMOOTH, 53, 2}, {SMOOTH, 31, 13}, {SMOOTH, 26, 36},
              {SMOOTH, 43, 52}, {SMOOTH, 64, 41}, {CORNER, 74, 13}, {SMOOTH, 73, 42},
              {SMOOTH, 70, 71}, {SMOOTH, 68, 100}}},
        /* A stem that curls to the left. */
        {30, {{START, 71, 16}, {SMOOTH, 52, 1}, {SMOOTH, 31, 12}, {SMOOTH, 26, 34},
              {SMOOTH, 43, 49}, {SMOOTH, 64, 38}, {CORNER, 74, 12}, {SMOOTH, 76, 43},
              {SMOOTH, 72, 76}, {SMOOTH, 53, 98}, {SMOOTH, 27, 93}}},
        /* In one smooth curve, the mirror image of a 6. */
        {25, {{START, 70, 29}, {SMOOTH, 62, 45}, {SMOOTH, 44, 50}, {SMOOTH, 29, 35},
              {SMOOTH, 33, 12}, {SMOOTH, 54, 1}, {SMOOTH, 71, 15}, {SMOOTH, 72, 45},
              {SMOOTH, 62, 75}, {SMOOTH, 46, 100}}},
    },
};
/* clang-format on */

/* The digit's own random numbers, in the order in which they are asked for. */
typedef struct {
    uint64_t seed, stream; /* The generator's key, and the digit's index. */
    uint64_t counter;      /* Blocks taken so far. */
    uint32_t bits[4];      /* The latest block. */
    int left;              /* Words of it not yet used. */
} dice;

static uint32_t roll(dice *d)
{
    if (d->left == 0) {
        gra__philox(d->seed, d->stream, d->counter++, d->bits);
        d->left = 4;
    }
    return d->bits[--d->left];
}

static int roll_below(dice *d, uint32_t n)
{
    return (int)(((uint64_t)roll(d) * n) >> 32);
}

static float uniform(dice *d, float low, float high)
{
    return low + (high - low) * gra__uniform_from_bits(roll(d));
}

/* A bell-shaped number of mean 0 and the given standard deviation: the sum of four uniform ones,
 * whose variance is 4/12. It is bounded by 3.46 deviations, so no digit flies off the sheet.
 * Rolls stand in statements of their own, here and below, because C leaves it to the compiler
 * which operand of a sum it evaluates first.
 */
static float bell(dice *d, float deviation)
{
    float sum = 0;
    for (int i = 0; i < 4; i++) {
        sum += uniform(d, -0.5f, 0.5f);
    }
    return sum * (1.7320508f * deviation);
}

/* What sets one writing of a glyph apart from another. */
typedef struct {
    float jitter;       /* Standard deviation of a knot's own movement, in sheet units. */
    float a, b, c, d;   /* The pose: (x, y) on the sheet goes to (a x + b y, c x + d y). */
    point centre;       /* Where the middle of the digit's box is wanted, in pixels. */
    float radius, edge; /* The pen's half width, and the breadth of its soft edge, pixels. */
    float ink;          /* Brightness of a covered pixel; what exceeds 1 is cut. */
    float grain;        /* How unevenly the paper takes the ink, 0 to 1. */
    struct {
        float x, y;     /* Displacement, in sheet units. */
        float pressure; /* Relative change of the pen's width. */
    } warp[GRID][GRID]; /* The control points of the random field. */
} hand;

/* Draws the affine part of the hand: where the sheet comes to lie in the image. */
static void hand_set_pose(hand *h, dice *d)
{
    const float size = 0.205f + bell(d, 0.008f);
    const float narrow = 0.95f + bell(d, 0.11f);
    const float slant = 0.10f + bell(d, 0.13f);
    /* With t = tan(angle / 2) a rotation needs neither sine nor cosine. */
    const float t = bell(d, 0.05f);
    const float cosine = (1 - t * t) / (1 + t * t);
    const float sine = 2 * t / (1 + t * t);
    /* rotation * slant * scale, where slant takes x to x - slant * y: y points down, so that a
     * positive one leans the digit to the right.
     */
    h->a = size * narrow * cosine;
    h->b = size * (-slant * cosine - sine);
    h->c = size * narrow * sine;
    h->d = size * (-slant * sine + cosine);
    h->centre.x = 0.5f * SIDE + bell(d, 2.1f);
    h->centre.y = 0.5f * SIDE + bell(d, 1.7f);
}

static hand hand_draw(dice *d)
{
    hand h;
    hand_set_pose(&h, d);
    h.jitter = uniform(d, 0.5f, 1.6f);
    h.radius = 1.75f + bell(d, 0.22f);
    h.edge = uniform(d, 1.0f, 1.7f);
    h.ink = uniform(d, 0.95f, 1.2f);
    h.grain = uniform(d, 0.0f, 0.18f);
    for (int i = 0; i < GRID; i++) {
        for (int j = 0; j < GRID; j++) {
            h.warp[i][j].x = bell(d, 6.0f);
            h.warp[i][j].y = bell(d, 6.0f);
            h.warp[i][j].pressure = bell(d, 0.20f);
        }
    }
    return h;
}

/* A point of the flattened curve: on the sheet at first, in pixels once it has been posed. */
typedef struct {
    point at;
    float radius; /* The pen's half width here, in pixels. */
    bool joined;  /* Whether the pen came here from the point before without lifting. */
} path_point;

typedef struct {
    path_point points[MAX_PATH];
    int length;
} path;

/* A point on the cubic Hermite curve (Catmull-Rom) from p1 to p2, whose tangents at the two ends
 * are (p2 - p0) / 2 and (p3 - p1) / 2.
 */
static float catmull_rom(float p0, float p1, float p2, float p3, float t)
{
    const float c1 = 0.5f * (p2 - p0);
    const float c2 = p0 - 2.5f * p1 + 2 * p2 - 0.5f * p3;
    const float c3 = 0.5f * (p3 - p0) + 1.5f * (p1 - p2);
    return p1 + t * (c1 + t * (c2 + t * c3));
}

/* The neighbour that a curve lacks beyond its end at p1: the one that makes its last span, from p1
 * to p2, a parabola. p3 is the knot after those.
 */
static point beyond(point p1, point p2, point p3)
{
    return (point){3 * (p1.x - p2.x) + p3.x, 3 * (p1.y - p2.y) + p3.y};
}

/* Flattens the span from p1 to p2; p0 and p3 are its neighbours on the curve. */
static void path_add_span(path *q, point p0, point p1, point p2, point p3)
{
    for (int step = 1; step <= STEPS; step++) {
        const float t = (float)step / STEPS;
        const point at = {catmull_rom(p0.x, p1.x, p2.x, p3.x, t),
                          catmull_rom(p0.y, p1.y, p2.y, p3.y, t)};
        q->points[q->length++] = (path_point){.at = at, .joined = true};
    }
}

static void path_trace(path *q, const glyph *g, float jitter, dice *d)
{
    point p[MAX_KNOTS];
    int n = 0;
    for (; n < MAX_KNOTS && g->knots[n].kind != END; n++) {
        p[n].x = (float)g->knots[n].x + bell(d, jitter);
        p[n].y = (float)g->knots[n].y + bell(d, jitter);
    }
    q->length = 0;
    for (int i = 0; i < n; i++) {
        if (g->knots[i].kind == START) {
            q->points[q->length++] = (path_point){.at = p[i], .joined = false};
            continue;
        }
        const bool begins = g->knots[i - 1].kind != SMOOTH;
        const bool ends = i + 1 == n || g->knots[i].kind == CORNER || g->knots[i + 1].kind == START;
        path_add_span(q, begins ? beyond(p[i - 1], p[i], p[i + 1]) : p[i - 2], p[i - 1], p[i],
                      ends ? beyond(p[i], p[i - 1], p[i - 2]) : p[i + 1]);
    }
}

/* The weights of a quadratic B-spline at u between control points `*first` and `*first + 2`. */
static void spline_weights(float u, int *first, float weights[3])
{
    const float inside = u < 0 ? 0 : u > GRID - 2.001f ? GRID - 2.001f : u;
    *first = (int)inside;
    const float t = inside - (float)*first;
    weights[0] = 0.5f * (1 - t) * (1 - t);
    weights[1] = 0.5f + t * (1 - t);
    weights[2] = 0.5f * t * t;
}

/* Moves a point along the random field, and sets the pen's width from it. */
static void path_point_warp(path_point *p, const hand *h)
{
    const float cells = (GRID - 2) / 100.0f; /* Cells of the field per sheet unit. */
    float wx[3], wy[3];
    int column, row;
    spline_weights(p->at.x * cells, &column, wx);
    spline_weights(p->at.y * cells, &row, wy);
    float x = 0, y = 0, pressure = 0;
    for (int i = 0; i < 3; i++) {
        for (int j = 0; j < 3; j++) {
            const float w = wy[i] * wx[j];
            x += w * h->warp[row + i][column + j].x;
            y += w * h->warp[row + i][column + j].y;
            pressure += w * h->warp[row + i][column + j].pressure;
        }
    }
    p->at.x += x;
    p->at.y += y;
    p->radius = h->radius * (1 + pressure);
}

/* The place for the middle of a box of that size that is nearest to `wanted` and leaves the box, if
 * it can, inside the image.
 */
static float middle_inside(float wanted, float size)
{
    const float margin = 0.5f * (size < SIDE ? size : SIDE);
    return wanted < margin ? margin : wanted > SIDE - margin ? SIDE - margin : wanted;
}

/* Takes the path from the sheet to the image, with the middle of its box at the hand's centre. */
static void path_pose(path *q, const hand *h)
{
    point low = {1e6f, 1e6f}, high = {-1e6f, -1e6f};
    for (int i = 0; i < q->length; i++) {
        path_point_warp(&q->points[i], h);
        const point p = q->points[i].at;
        const point r = {h->a * p.x + h->b * p.y, h->c * p.x + h->d * p.y};
        q->points[i].at = r;
        low = (point){r.x < low.x ? r.x : low.x, r.y < low.y ? r.y : low.y};
        high = (point){r.x > high.x ? r.x : high.x, r.y > high.y ? r.y : high.y};
    }
    const float pen = 2 * h->radius;
    const point shift = {middle_inside(h->centre.x, high.x - low.x + pen) - 0.5f * (low.x + high.x),
                         middle_inside(h->centre.y, high.y - low.y + pen) -
                             0.5f * (low.y + high.y)};
    for (int i = 0; i < q->length; i++) {
        q->points[i].at.x += shift.x;
        q->points[i].at.y += shift.y;
    }
}

/* The pixels whose centres lie between low and high, as a half-open range cut at the image's edge.
 * Pixel i covers [i, i + 1), so its centre is at i + 0.5.
 */
typedef struct {
    int first, end;
} pixel_range;

/* The first pixel of a row whose centre is not before `at`; SIDE if there is none. */
static int first_pixel(float at)
{
    if (at <= 0) {
        return 0;
    }
    const int i = (int)(at + 0.5f);
    return i < SIDE ? i : SIDE;
}

static pixel_range pixels_between(float low, float high)
{
    return (pixel_range){first_pixel(low), first_pixel(high)};
}

/* Inks the pixels near the straight piece from a to b. A pixel takes the most that any piece gives
 * it, as ink does: two strokes that cross are no brighter there.
 */
static void ink_piece(float cover[SIDE][SIDE], point a, point b, float radius, float edge)
{
    const float reach = radius + 0.5f * edge;
    const float dx = b.x - a.x, dy = b.y - a.y;
    const float length2 = dx * dx + dy * dy + 1e-6f;
    const pixel_range rows =
        pixels_between((a.y < b.y ? a.y : b.y) - reach, (a.y > b.y ? a.y : b.y) + reach);
    const pixel_range columns =
        pixels_between((a.x < b.x ? a.x : b.x) - reach, (a.x > b.x ? a.x : b.x) + reach);
    for (int i = rows.first; i < rows.end; i++) {
        const float y = (float)i + 0.5f - a.y;
        for (int j = columns.first; j < columns.end; j++) {
            const float x = (float)j + 0.5f - a.x;
            /* The nearest point of the piece is a + t (b - a). */
            const float along = (x * dx + y * dy) / length2;
            const float t = along < 0 ? 0 : along > 1 ? 1 : along;
            const float ex = x - t * dx, ey = y - t * dy;
            const float ink = (reach - sqrtf(ex * ex + ey * ey)) / edge;
            cover[i][j] = ink > cover[i][j] ? ink : cover[i][j];
        }
    }
}

static void ink_path(float cover[SIDE][SIDE], const path *q, float edge)
{
    for (int i = 1; i < q->length; i++) {
        const path_point *const from = &q->points[i - 1], *const to = &q->points[i];
        if (to->joined) {
            ink_piece(cover, from->at, to->at, 0.5f * (from->radius + to->radius), edge);
        }
    }
}

/* Turns coverage into bytes. The grain darkens only what is inked: the paper stays black. */
static void ink_develop(float cover[SIDE][SIDE], const hand *h, dice *d, uint8_t *pixels)
{
    for (int i = 0; i < SIDE; i++) {
        for (int j = 0; j < SIDE; j++) {
            float value = 0;
            if (cover[i][j] > 0) {
                value = cover[i][j] > 1 ? 1 : cover[i][j];
                value *= h->ink * uniform(d, 1 - h->grain, 1);
            }
            pixels[i * SIDE + j] = (uint8_t)(255 * (value > 1 ? 1 : value) + 0.5f);
        }
    }
}

static const glyph *glyph_choose(int digit, dice *d)
{
    const glyph *g = GLYPHS[digit];
    for (int left = roll_below(d, 100); left >= g->weight; g++) {
        left -= g->weight;
    }
    return g;
}

void gra__digit_draw(uint64_t seed, uint64_t index, uint8_t pixels[784], int *label)
{
    dice d = {.seed = seed, .stream = index};
    *label = roll_below(&d, 10);
    const glyph *const g = glyph_choose(*label, &d);
    const hand h = hand_draw(&d);
    path q;
    path_trace(&q, g, h.jitter, &d);
    path_pose(&q, &h);
    float cover[SIDE][SIDE] = {{0}};
    ink_path(cover, &q, h.edge);
    ink_develop(cover, &h, &d, pixels);
}
