/* Convolution through im2col and matrix products: the plain way, for every shape. conv2d.c includes this file once for
 * float64 and once for float32, with
 *
 *     REAL          the element type
 *     NAME(f)       f's name for that type
 *     MATMUL(...)   gra__matmul_f32 or _f64; ARGS its argument type
 *     ALL_PASSES    defined: all three passes, otherwise the input gradient alone
 *
 * One block of output rows of one image and group at a time:
 *
 *     col[(c, r, s)][(p, q)] = x[c][p*stride_h - pad_h + r*dilation_h][q*stride_w - pad_w + s*dilation_w]
 *     y = w col + bias,      dcol = w^T g,      dw = g col^T
 */

/* Output rows in a block. */
static int64_t NAME(im2col_rows)(const gra__conv2d_shape *d)
{
    const int64_t taps = d->c / d->groups * d->r * d->s, row = taps * d->out_w;
    const int64_t rows = row ? (int64_t)(256 * 1024 / sizeof(REAL)) / row : d->out_h;
    return rows < 1 ? 1 : rows < d->out_h ? rows : d->out_h;
}

static size_t NAME(im2col_bytes)(const gra__conv2d_shape *d)
{
    return (size_t)(d->c / d->groups * d->r * d->s * d->out_w * NAME(im2col_rows)(d)) *
           sizeof(REAL);
}

static void NAME(col2im)(const gra__conv2d_shape *d, const REAL *col, int64_t p0, int64_t p1,
                         REAL *dx)
{
    for (int64_t c = 0; c < d->c / d->groups; c++)
        for (int64_t r = 0; r < d->r; r++)
            for (int64_t s = 0; s < d->s; s++) {
                const span in = columns_in_image(d, s);
                for (int64_t p = p0; p < p1; p++, col += d->out_w) {
                    const int64_t i = p * d->stride_h - d->pad_h + r * d->dilation_h;
                    REAL *row = dx + (c * d->h + i) * d->w + s * d->dilation_w - d->pad_w;
                    for (int64_t q = in.first; i >= 0 && i < d->h && q < in.last; q++)
                        row[q * d->stride_w] += col[q];
                }
            }
}

/* One image and group. */
static void NAME(im2col_backward_input)(const gra__conv2d_shape *d, const REAL *g, const REAL *w,
                                        REAL *dx, REAL *col)
{
    const int64_t taps = d->c / d->groups * d->r * d->s, plane = d->out_h * d->out_w,
                  step = NAME(im2col_rows)(d);
    memset(dx, 0, (size_t)(d->c / d->groups * d->h * d->w) * sizeof *dx);
    for (int64_t p = 0; p < d->out_h; p += step) {
        const int64_t last = p + step < d->out_h ? p + step : d->out_h,
                      pixels = (last - p) * d->out_w;
        MATMUL(&(ARGS){.m = taps,
                       .n = pixels,
                       .k = d->k / d->groups,
                       .a = w,
                       .ars = 1,
                       .acs = taps,
                       .b = g + p * d->out_w,
                       .brs = plane,
                       .bcs = 1,
                       .c = col,
                       .crs = pixels});
        NAME(col2im)(d, col, p, last, dx);
    }
}

#ifdef ALL_PASSES
static void NAME(im2col)(const gra__conv2d_shape *d, const REAL *x, int64_t p0, int64_t p1,
                         REAL *col)
{
    for (int64_t c = 0; c < d->c / d->groups; c++)
        for (int64_t r = 0; r < d->r; r++)
            for (int64_t s = 0; s < d->s; s++)
                for (int64_t p = p0; p < p1; p++) {
                    const int64_t i = p * d->stride_h - d->pad_h + r * d->dilation_h;
                    const span in = columns_in_image(d, s);
                    const REAL *row = x + (c * d->h + i) * d->w + s * d->dilation_w - d->pad_w;
                    for (int64_t q = 0; q < d->out_w; q++)
                        col[q] = i >= 0 && i < d->h && q >= in.first && q < in.last
                                     ? row[q * d->stride_w]
                                     : 0;
                    col += d->out_w;
                }
}

static void NAME(im2col_forward)(const gra__conv2d_shape *d, const REAL *x, const REAL *w,
                                 const REAL *bias, REAL *y, REAL *col)
{
    const int64_t taps = d->c / d->groups * d->r * d->s, plane = d->out_h * d->out_w,
                  step = NAME(im2col_rows)(d);
    for (int64_t p = 0; p < d->out_h; p += step) {
        const int64_t last = p + step < d->out_h ? p + step : d->out_h,
                      pixels = (last - p) * d->out_w;
        NAME(im2col)(d, x, p, last, col);
        MATMUL(&(ARGS){.m = d->k / d->groups,
                       .n = pixels,
                       .k = taps,
                       .a = w,
                       .ars = taps,
                       .acs = 1,
                       .b = col,
                       .brs = pixels,
                       .bcs = 1,
                       .c = y + p * d->out_w,
                       .crs = plane,
                       .row_bias = bias});
    }
}

static void NAME(im2col_backward_weight)(const gra__conv2d_shape *d, const REAL *g, const REAL *x,
                                         REAL *dw, REAL *col)
{
    const int64_t taps = d->c / d->groups * d->r * d->s, plane = d->out_h * d->out_w,
                  step = NAME(im2col_rows)(d);
    for (int64_t p = 0; p < d->out_h; p += step) {
        const int64_t last = p + step < d->out_h ? p + step : d->out_h,
                      pixels = (last - p) * d->out_w;
        NAME(im2col)(d, x, p, last, col);
        MATMUL(&(ARGS){.m = d->k / d->groups,
                       .n = taps,
                       .k = pixels,
                       .a = g + p * d->out_w,
                       .ars = plane,
                       .acs = 1,
                       .b = col,
                       .brs = 1,
                       .bcs = pixels,
                       .c = dw,
                       .crs = taps,
                       .accumulate = 1});
    }
}
#endif
