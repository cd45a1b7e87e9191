/* turn.c - orientations and modes. */
#include "data/images/turn.h"

gra__turn gra__turn_of(int orientation)
{
    static const gra__turn turns[] = {
        {false, false, false}, {false, true, false}, {false, true, true}, {false, false, true},
        {true, false, false},  {true, true, false},  {true, true, true},  {true, false, true}};
    return turns[orientation - 1];
}

static gra__box swap(gra__turn t, gra__box b)
{
    return t.swap ? (gra__box){b.top, b.left, b.height, b.width} : b;
}

static gra__box flip(gra__turn t, gra__box b, double height, double width)
{
    if (t.flip_x)
        b.left = width - b.left - b.width;
    if (t.flip_y)
        b.top = height - b.top - b.height;
    return b;
}

gra__box gra__turn_back(gra__turn t, gra__box shown, double height, double width)
{
    return swap(t, flip(t, shown, height, width));
}

gra__box gra__turn_box(gra__turn t, gra__box stored, double height, double width)
{
    return flip(t, swap(t, stored), t.swap ? width : height, t.swap ? height : width);
}

gra_tensor *gra__turn_image(const char *op, gra_tensor *x, gra__turn t)
{
    gra__pixels from, to;
    if ((!t.swap && !t.flip_x && !t.flip_y) || !gra__pixels_of(op, x, &from))
        return x;
    const int64_t height = t.swap ? from.width : from.height;
    const int64_t width = t.swap ? from.height : from.width;
    gra_tensor *const y = gra__pixels_new(op, &from, height, width, &to);
    const int64_t right = t.swap ? from.row_step : from.depth; /* to the next pixel of a row */
    const int64_t down = t.swap ? from.depth : from.row_step;
    for (int64_t row = 0; y && row < height; row++) {
        const uint8_t *a = (const uint8_t *)from.data + (t.flip_y ? height - 1 - row : row) * down +
                           (t.flip_x ? (width - 1) * right : 0);
        uint8_t *b = gra__row_u8(&to, 0, row);
        for (int64_t i = 0; i < width; i++, a += t.flip_x ? -right : right)
            for (int64_t c = 0; c < from.depth; c++)
                *b++ = a[c];
    }
    return y;
}

/* ---- modes ---- */

static void grey_row(const uint8_t *x, int64_t depth, int64_t width, uint8_t *y)
{
    if (depth < 3)
        for (int64_t i = 0; i < width; i++)
            y[i] = x[i * depth];
    else
        for (int64_t i = 0; i < width; i++)
            y[i] = gra__grey(x[i * depth], x[i * depth + 1], x[i * depth + 2]);
}

static void rgb_row(const uint8_t *x, int64_t depth, int64_t width, uint8_t *y)
{
    const int64_t green = depth > 2, blue = 2 * green; /* where there are no colours, all is grey */
    for (int64_t i = 0; i < width; i++, x += depth, y += 3) {
        y[0] = x[0];
        y[1] = x[green];
        y[2] = x[blue];
    }
}

gra_tensor *gra__to_mode(const char *op, gra_tensor *x, gra_image_mode mode)
{
    gra__pixels from, to;
    const int64_t channels = mode == GRA_IMAGE_RGB ? 3 : 1;
    if (!gra__pixels_of(op, x, &from) || mode == GRA_IMAGE_UNCHANGED || from.channels == channels)
        return x;
    gra__pixels like = from;
    like.channels = like.depth = channels;
    like.planes = 1;
    gra_tensor *const y = gra__pixels_new(op, &like, from.height, from.width, &to);
    for (int64_t row = 0; y && row < from.height; row++)
        (channels == 3 ? rgb_row : grey_row)(gra__row_u8(&from, 0, row), from.depth, from.width,
                                             gra__row_u8(&to, 0, row));
    return y;
}
