/* A row of output pixels as a matrix product: the loop behind channels_last.c, compiled once per instruction set. */
#include "ops/kernels/channels_last.h"
#include "ops/kernels/isa.h"
#include "ops/kernels/tile.h"

typedef int32_t v_bits __attribute__((vector_size(VW * 4)));

V_INLINE void write_pixel(const gra__channels_last_row *o, int64_t pixel, int64_t k, vf v)
{
    float *y = o->y + pixel * o->y_pixel + k;
    const int64_t channels = o->width - k < VW ? o->width - k : VW;
    if (o->bias)
        v += channels == VW ? v_load(o->bias + k) : v_load_part(o->bias + k, channels);
    if (o->relu)
        v = (vf)((v_bits)v & ~(v_bits)(v < (vf){0}));
    if (o->stream)
        v_stream(y, v);
    else if (channels == VW)
        v_store(y, v);
    else
        v_store_part(y, v, channels);
}

/* MR pixels from `pixel` on. Accumulators stay in registers over all pieces. */
V_INLINE void pixels_body(const int MR, const int NV, const gra__channels_last_row *o,
                          int64_t pixel)
{
    const int64_t step = o->x_pixel, step3 = 3 * step;
    const float *w = o->w;
    TILE_EACH_ROW(TILE_DECLARE)
    for (int64_t piece = 0; piece < o->count; piece++) {
        const float *a0 = o->x + o->pieces[piece] + pixel * step;
        const float *a4 = a0 + 4 * step, *a8 = a0 + 8 * step;
        for (int64_t i = o->length; i; i--) {
            const vf b0 = v_load(w), b1 = NV > 1 ? v_load(w + VW) : b0;
#define STEP(i) TILE_STEP(i, *tile_row(i, a0, a4, a8, a8, step, step3))
            TILE_EACH_ROW(STEP)
#undef STEP
            a0++;
            a4++;
            a8++;
            w += PANEL;
        }
    }
#define WRITE(i)                                                                                   \
    if (MR > i) {                                                                                  \
        write_pixel(o, pixel + i, 0, c##i##_0);                                                    \
        if (NV > 1)                                                                                \
            write_pixel(o, pixel + i, VW, c##i##_1);                                               \
    }
    TILE_EACH_ROW(WRITE)
#undef WRITE
}

#define INSTANCE(MR, NV)                                                                           \
    static void pixels_##MR##_##NV(const gra__channels_last_row *o, int64_t pixel)                 \
    {                                                                                              \
        pixels_body(MR, NV, o, pixel);                                                             \
    }
TILE_INSTANCES(INSTANCE, 1)
TILE_INSTANCES(INSTANCE, 2)
#undef INSTANCE

typedef void pixel_tile(const gra__channels_last_row *o, int64_t pixel);

static pixel_tile *const tiles[2][TILE_ROWS] = {TILE_TABLE(pixels, 1), TILE_TABLE(pixels, 2)};

static void row(const gra__channels_last_row *o)
{
    const int64_t count = tile_count(o->pixels, TILE_ROWS);
    for (int64_t i = 0; i < count; i++) {
        const int64_t first = tile_start(o->pixels, count, i);
        tiles[o->width > VW][tile_start(o->pixels, count, i + 1) - first - 1](o, first);
    }
    if (o->stream)
        v_stream_end();
}

extern const struct gra__channels_last_table GRA_ISA_NAME(gra__channels_last);
const struct gra__channels_last_table GRA_ISA_NAME(gra__channels_last) = {.row = row};
