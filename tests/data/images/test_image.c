/* Reading and writing images: what comes out of each kind of file, and what is said of those that are none.
 * Pillow's pixels of the same kinds of files are compared in tests/pytorch/check_transforms.py. */
#include "gradus.h"

#include "../pictures.h"
#include "core/philox.h"
#include "data/images/decoder.h"

static gra_tensor *decoded(const file_bytes *f, gra_image_mode mode)
{
    return gra_decode_image(f->bytes, f->size, .name = "it", .mode = mode);
}

/* The largest distance of x from the picture, channel by channel. */
static int far_from_picture(const gra_tensor *x)
{
    int most = 0;
    for (int c = 0; c < gra_tensor_size(x, 0); c++)
        for (int y = 0; y < gra_tensor_size(x, 1); y++)
            for (int i = 0; i < gra_tensor_size(x, 2); i++) {
                const int d = abs(pixel_of(x, c, y, i) - picture_at(c, y, i));
                most = d > most ? d : most;
            }
    return most;
}

/* ---- what comes out ---- */

GRA_TEST(a_jpeg_comes_out_as_uint8_channels_last)
{
    file_bytes f;
    make_jpeg(&f, 20, 33, (jpeg_options){.channels = 3, .full = true});
    gra_tensor *const x = gra_read_image(put_file("a.jpg", f.bytes, f.size));
    GRA_ASSERT_SHAPE(x, 3, 20, 33);
    ck_assert_int_eq(gra_tensor_dtype(x), GRA_UINT8);
    ck_assert_int_eq(gra_tensor_stride(x, 0), 1);
    ck_assert_int_eq(gra_tensor_stride(x, 1), 99);
    ck_assert_int_eq(gra_tensor_stride(x, 2), 3);
    ck_assert_int_le(far_from_picture(x), 6);
}

GRA_TEST(jpegs_of_greys_and_progressive_ones_come_out_right)
{
    file_bytes f;
    make_jpeg(&f, 24, 40, (jpeg_options){.channels = 1});
    GRA_ASSERT_SHAPE(decoded(&f, GRA_IMAGE_UNCHANGED), 1, 24, 40);
    ck_assert_int_le(far_from_picture(decoded(&f, GRA_IMAGE_UNCHANGED)), 4);
    gra_tensor *const rgb = decoded(&f, GRA_IMAGE_RGB);
    GRA_ASSERT_SHAPE(rgb, 3, 24, 40);
    ck_assert_int_eq(pixel_of(rgb, 0, 5, 7), pixel_of(rgb, 2, 5, 7));
    make_jpeg(&f, 24, 40, (jpeg_options){.channels = 3, .full = true, .progressive = true});
    ck_assert_int_le(far_from_picture(decoded(&f, GRA_IMAGE_RGB)), 6);
    GRA_ASSERT_SHAPE(decoded(&f, GRA_IMAGE_GREY), 1, 24, 40);
}

/* Adobe's inks are stored inverted: of the stored c and k, what is seen is k - (255 - c) k / 255. */
GRA_TEST(inks_come_out_as_colours_from_cmyk_and_from_ycck)
{
    for (int ycck = 0; ycck < 2; ycck++) {
        file_bytes f;
        make_jpeg(&f, 16, 24, (jpeg_options){.channels = 4, .ycck = ycck, .full = true});
        gra_tensor *const x = decoded(&f, GRA_IMAGE_RGB);
        GRA_ASSERT_SHAPE(x, 3, 16, 24);
        for (int c = 0; c < 3; c++)
            for (int y = 0; y < 16; y++)
                for (int i = 0; i < 24; i++) {
                    const int k = picture_at(2, y, i);
                    const int expected = k - (255 - picture_at(c, y, i)) * k / 255;
                    ck_assert_int_le(abs(pixel_of(x, c, y, i) - expected), 8);
                }
        GRA_ASSERT_SHAPE(decoded(&f, GRA_IMAGE_GREY), 1, 16, 24);
    }
}

GRA_TEST(a_turned_jpeg_is_seen_upright)
{
    file_bytes f;
    make_jpeg(&f, 16, 24, (jpeg_options){.channels = 3, .full = true});
    gra_tensor *const x = decoded(&f, GRA_IMAGE_RGB);
    for (int orientation = 1; orientation <= 8; orientation++) {
        make_jpeg(&f, 16, 24,
                  (jpeg_options){.channels = 3, .full = true, .orientation = orientation});
        gra_tensor *const y = decoded(&f, GRA_IMAGE_RGB);
        const bool turned = orientation > 4;
        GRA_ASSERT_SHAPE(y, 3, turned ? 24 : 16, turned ? 16 : 24);
        /* Where the stored top left corner is seen: EXIF's definition of the eight. */
        static const int right[] = {0, 1, 1, 0, 0, 1, 1, 0}, bottom[] = {0, 0, 1, 1, 0, 0, 1, 1};
        const int last_y = turned ? 23 : 15, last_x = turned ? 15 : 23;
        const int at_y = bottom[orientation - 1] * last_y, at_x = right[orientation - 1] * last_x;
        ck_assert_int_eq(pixel_of(y, 0, at_y, at_x), pixel_of(x, 0, 0, 0));
        /* And the stored top right one. */
        const int to_y = turned ? last_y - at_y : at_y, to_x = turned ? at_x : last_x - at_x;
        ck_assert_int_eq(pixel_of(y, 0, to_y, to_x), pixel_of(x, 0, 0, 23));
    }
}

GRA_TEST(pngs_come_out_exact_in_every_kind)
{
    static const png_options kinds[] = {
        {.type = PNG_COLOR_TYPE_RGB, .bits = 8},
        {.type = PNG_COLOR_TYPE_RGB, .bits = 8, .interlaced = true},
        {.type = PNG_COLOR_TYPE_RGB, .bits = 16},
        {.type = PNG_COLOR_TYPE_RGB_ALPHA, .bits = 8},
        {.type = PNG_COLOR_TYPE_RGB_ALPHA, .bits = 16, .interlaced = true},
    };
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        file_bytes f;
        make_png(&f, 13, 21, kinds[i]);
        gra_tensor *const x = decoded(&f, GRA_IMAGE_RGB);
        GRA_ASSERT_SHAPE(x, 3, 13, 21);
        ck_assert_int_eq(far_from_picture(x), 0);
    }
}

GRA_TEST(palettes_and_greys_of_a_png_come_out_as_what_they_stand_for)
{
    file_bytes f;
    make_png(&f, 9, 14, (png_options){.type = PNG_COLOR_TYPE_PALETTE, .bits = 8, .trns = true});
    gra_tensor *const x = decoded(&f, GRA_IMAGE_RGB);
    GRA_ASSERT_SHAPE(x, 3, 9, 14);
    for (int y = 0; y < 9; y++)
        for (int i = 0; i < 14; i++) { /* entry n of the palette is n, 255 - n, 7 */
            ck_assert_int_eq(pixel_of(x, 0, y, i), picture_at(0, y, i));
            ck_assert_int_eq(pixel_of(x, 1, y, i), 255 - picture_at(0, y, i));
            ck_assert_int_eq(pixel_of(x, 2, y, i), 7);
        }
    gra_tensor *const with_alpha = decoded(&f, GRA_IMAGE_UNCHANGED);
    GRA_ASSERT_SHAPE(with_alpha, 4, 9, 14);
    ck_assert_int_eq(pixel_of(with_alpha, 3, 0, 0), 100); /* entry 0, and 255 of the others */
    ck_assert_int_eq(pixel_of(with_alpha, 3, 0, 1), 255);
    make_png(&f, 9, 14, (png_options){.type = PNG_COLOR_TYPE_GRAY, .bits = 4});
    gra_tensor *const grey = decoded(&f, GRA_IMAGE_UNCHANGED);
    GRA_ASSERT_SHAPE(grey, 1, 9, 14);
    for (int i = 0; i < 14; i++)
        ck_assert_int_eq(pixel_of(grey, 0, 3, i), (picture_at(0, 3, i) >> 4) * 17);
    make_png(&f, 9, 14, (png_options){.type = PNG_COLOR_TYPE_GRAY_ALPHA, .bits = 8});
    GRA_ASSERT_SHAPE(decoded(&f, GRA_IMAGE_UNCHANGED), 2, 9, 14);
    GRA_ASSERT_SHAPE(decoded(&f, GRA_IMAGE_GREY), 1, 9, 14);
    ck_assert_int_eq(far_from_picture(decoded(&f, GRA_IMAGE_GREY)), 0);
}

GRA_TEST(grey_is_the_weighted_mean_of_the_colours)
{
    file_bytes f;
    make_png(&f, 5, 6, (png_options){.type = PNG_COLOR_TYPE_RGB, .bits = 8});
    gra_tensor *const x = decoded(&f, GRA_IMAGE_GREY);
    for (int i = 0; i < 6; i++) {
        const double expected =
            0.299 * picture_at(0, 2, i) + 0.587 * picture_at(1, 2, i) + 0.114 * picture_at(2, 2, i);
        ck_assert_double_le(fabs(pixel_of(x, 0, 2, i) - expected), 0.51);
    }
}

/* ---- a part, at a smaller size ---- */

/* The part of the decoder beside the same part of the whole. */
static void a_part_is_like_the_whole(const file_bytes *f, gra__box box)
{
    const gra_encoded_image image = {.bytes = f->bytes, .size = f->size, .name = "it"};
    gra__decoder d;
    gra__box place;
    gra_tensor *const whole = decoded(f, GRA_IMAGE_RGB);
    ck_assert(gra__decoder_open(&d, "test", &image));
    gra_tensor *const x = gra__decoder_read(&d, box, 1, &place);
    gra__decoder_close(&d);
    ck_assert_ptr_nonnull(x);
    for (int c = 0; c < 3; c++)
        for (int y = 0; y < box.height; y++)
            for (int i = 0; i < box.width; i++)
                ck_assert_int_eq(pixel_of(x, c, (int)place.top + y, (int)place.left + i),
                                 pixel_of(whole, c, (int)box.top + y, (int)box.left + i));
}

GRA_TEST(a_part_of_a_jpeg_has_the_same_pixels_as_the_whole)
{
    for (int kind = 0; kind < 24; kind++) {
        file_bytes f;
        make_jpeg(&f, 75, 101,
                  (jpeg_options){.channels = kind % 3 ? 3 : 1,
                                 .full = kind % 2,
                                 .progressive = kind % 3 == 2,
                                 .orientation = kind / 3 + 1});
        const bool turned = kind / 3 >= 4;
        const double w = turned ? 75 : 101, h = turned ? 101 : 75;
        a_part_is_like_the_whole(&f, (gra__box){0, 0, w, h});
        a_part_is_like_the_whole(&f, (gra__box){33, 18, 9, 7});
        a_part_is_like_the_whole(&f, (gra__box){0, 40, 40, h - 40});
        a_part_is_like_the_whole(&f, (gra__box){w - 1, h - 1, 1, 1});
        a_part_is_like_the_whole(&f, (gra__box){16, 0, w - 16, 17});
    }
}

GRA_TEST(a_jpeg_at_a_reduced_size_shows_the_means_of_its_pixels)
{
    for (int orientation = 1; orientation <= 8; orientation++)
        for (int reduction = 2; reduction <= 8; reduction *= 2) {
            file_bytes f;
            make_jpeg(&f, 40, 44,
                      (jpeg_options){.channels = 3, .full = true, .orientation = orientation});
            const gra_encoded_image image = {.bytes = f.bytes, .size = f.size};
            const gra__box box = {8, 16, 24, 16};
            gra__decoder d;
            gra__box place;
            gra_tensor *const whole = decoded(&f, GRA_IMAGE_RGB);
            ck_assert(gra__decoder_open(&d, "test", &image));
            gra_tensor *const x = gra__decoder_read(&d, box, reduction, &place);
            gra__decoder_close(&d);
            /* The mean of what the box shows, in both. */
            ck_assert_double_eq(place.width, box.width / reduction);
            gra_tensor *const small =
                gra__resample("test", x, place, 1, 1, (gra__rect){0, 0, 1, 1});
            gra_tensor *const full =
                gra__resample("test", whole, box, 1, 1, (gra__rect){0, 0, 1, 1});
            for (int c = 0; c < 3; c++)
                ck_assert_int_le(abs(pixel_of(small, c, 0, 0) - pixel_of(full, c, 0, 0)), 3);
        }
}

/* ---- what is refused ---- */

static void refuses(const void *bytes, size_t size, const char *what)
{
    const int64_t live = gra_live();
    const int mark = gra_mark();
    ck_assert_ptr_null(gra_decode_image(bytes, size, .name = "a/b.jpg"));
    ck_assert_int_eq(gra_live(), live);
    ck_assert_int_eq(gra_mark(), mark);
    GRA_ASSERT_ERROR(text_of("gra_decode_image: a/b.jpg: %s", what));
}

GRA_TEST(a_text_file_called_jpg_is_an_error_that_names_it)
{
    const char *const path = put_file("text.jpg", "This is a text.", 15);
    ck_assert_ptr_null(gra_read_image(path));
    GRA_ASSERT_ERROR(text_of("gra_read_image: %s: the file is neither a JPEG nor a PNG, whatever "
                             "its name says",
                             path));
    refuses("\xff\xd8", 2, "the file is neither a JPEG nor a PNG, whatever its name says");
    refuses("", 0, "the file is empty");
    refuses(NULL, 5, "the bytes are NULL");
}

GRA_TEST(a_file_that_is_missing_empty_or_a_folder_is_an_error_that_names_it)
{
    ck_assert_ptr_null(gra_read_image("/nowhere/x.jpg"));
    GRA_ASSERT_ERROR("gra_read_image: /nowhere/x.jpg: cannot be opened: No such file or directory");
    ck_assert_ptr_null(gra_read_image("/tmp"));
    GRA_ASSERT_ERROR("gra_read_image: /tmp: is no regular file");
    ck_assert_ptr_null(gra_read_image(NULL));
    GRA_ASSERT_ERROR("gra_read_image: the path is NULL");
    const char *const path = put_file("empty.png", "", 0);
    ck_assert_ptr_null(gra_read_image(path));
    GRA_ASSERT_ERROR(text_of("gra_read_image: %s: the file is empty", path));
}

GRA_TEST(a_truncated_jpeg_is_an_error)
{
    file_bytes f;
    make_jpeg(&f, 64, 64, (jpeg_options){.channels = 3});
    refuses(f.bytes, f.size / 2, "the JPEG is cut short: it has no end marker");
    refuses(f.bytes, f.size - 1, "the JPEG is cut short: it has no end marker");
    /* With an end marker where it was cut. */
    memcpy(f.bytes + f.size / 2, "\xff\xd9", 2);
    refuses(f.bytes, f.size / 2 + 2,
            "the JPEG is damaged or cut short: Corrupt JPEG data: premature end of data segment");
    refuses("\xff\xd8\xff\xd9", 4,
            "the JPEG is damaged or cut short: JPEG datastream contains no image");
}

GRA_TEST(a_truncated_png_and_one_with_a_wrong_checksum_are_errors)
{
    file_bytes f;
    make_png(&f, 16, 16, (png_options){.type = PNG_COLOR_TYPE_RGB, .bits = 8});
    refuses(f.bytes, f.size / 2, "the PNG is damaged or cut short: the file ends early");
    refuses(f.bytes, f.size - 12, "the PNG is damaged or cut short: the file ends early");
    f.bytes[f.size - 12 - 2] ^= 1; /* the last bytes of IDAT's checksum */
    refuses(f.bytes, f.size, "the PNG is damaged or cut short: IDAT: CRC error");
}

static void set_size(file_bytes *f, uint32_t width, uint32_t height)
{
    uint8_t *const header = f->bytes + 12; /* "IHDR" and its 13 bytes, and their checksum */
    for (int i = 0; i < 4; i++) {
        header[4 + i] = (uint8_t)(width >> (24 - 8 * i));
        header[8 + i] = (uint8_t)(height >> (24 - 8 * i));
    }
    const uint32_t sum = (uint32_t)crc32(0, header, 17);
    for (int i = 0; i < 4; i++)
        header[17 + i] = (uint8_t)(sum >> (24 - 8 * i));
}

GRA_TEST(an_image_of_more_pixels_than_allowed_is_refused_by_its_header)
{
    file_bytes f;
    make_png(&f, 16, 16, (png_options){.type = PNG_COLOR_TYPE_RGB, .bits = 8});
    set_size(&f, 30000, 30000);
    gra_memory_reset_peak();
    const size_t before = gra_memory_stats().peak;
    refuses(f.bytes, f.size,
            "the image is 30000 x 30000, more than the 100000000 pixels that are allowed; raise "
            ".max_pixels if you trust it");
    ck_assert_uint_lt(gra_memory_stats().peak, before + (1 << 20));
    set_size(&f, 16, 0);
    refuses(f.bytes, f.size, "the PNG is damaged or cut short: Invalid IHDR data");
    make_jpeg(&f, 20, 30, (jpeg_options){.channels = 3});
    ck_assert_ptr_null(gra_decode_image(f.bytes, f.size, .name = "it", .max_pixels = 599));
    GRA_ASSERT_ERROR(
        "gra_decode_image: it: the image is 30 x 20, more than the 599 pixels that are "
        "allowed; raise .max_pixels if you trust it");
    GRA_ASSERT_SHAPE(gra_decode_image(f.bytes, f.size, .max_pixels = 600), 3, 20, 30);
    ck_assert_ptr_null(gra_decode_image(f.bytes, f.size, .max_pixels = -1));
    GRA_ASSERT_ERROR("gra_decode_image: max_pixels is -1; at least 1 is needed");
    ck_assert_ptr_null(gra_decode_image(f.bytes, f.size, .mode = (gra_image_mode)-1));
    GRA_ASSERT_ERROR("gra_decode_image: -1 is no mode; GRA_IMAGE_RGB, GRA_IMAGE_GREY and "
                     "GRA_IMAGE_UNCHANGED are");
}

GRA_TEST(a_jpeg_of_very_many_scans_is_an_error)
{
    file_bytes f;
    make_jpeg(&f, 16, 16, (jpeg_options){.channels = 1, .many_scans = true});
    refuses(f.bytes, f.size, "the JPEG has more than 100 scans, which no camera makes");
}

/* Whatever is in a file, there is an image or one error, and nothing else is touched or left behind. */
static void survives(const file_bytes *f, const gra_transform *t)
{
    const int64_t live = gra_live();
    const int mark = gra_mark();
    const gra_encoded_image image = {.bytes = f->bytes, .size = f->size, .max_pixels = 100000};
    gra_tensor *const x = gra_transform_image(t, &image);
    ck_assert((x == NULL) == (gra_error() != NULL));
    gra_clear_error();
    gra_release(mark);
    ck_assert_int_eq(gra_live(), live);
}

GRA_TEST(damaged_files_never_do_more_than_fail)
{
    gra_transform *const crop = gra_compose(gra_transforms_random_resized_crop(8));
    for (int kind = 0; kind < 8; kind++) {
        file_bytes sound, f;
        if (kind < 4)
            make_jpeg(&sound, 24, 40,
                      (jpeg_options){.channels = kind == 3 ? 4 : 3,
                                     .progressive = kind == 1,
                                     .orientation = 5 * (kind == 2)});
        else
            make_png(&sound, 12, 20,
                     (png_options){.type = kind == 4 ? PNG_COLOR_TYPE_PALETTE : PNG_COLOR_TYPE_RGB,
                                   .bits = kind == 5 ? 16 : 8,
                                   .interlaced = kind == 6,
                                   .trns = kind == 4});
        for (int round = 0; round < 250; round++) {
            uint32_t bits[4];
            gra__philox(1, (uint64_t)kind, (uint64_t)round, bits);
            f = sound;
            for (unsigned k = 0; k < 1 + bits[0] % 4; k++) {
                gra__philox(2 + k, (uint64_t)kind, (uint64_t)round, bits);
                f.bytes[bits[1] % f.size] = (uint8_t)bits[2];
            }
            if (bits[3] % 8 == 0)
                f.size = bits[2] % f.size;
            survives(&f, round % 2 ? crop : NULL);
        }
    }
    gra_free(crop);
}

GRA_TEST(an_exif_block_of_any_bytes_has_an_orientation)
{
    uint8_t exif[] = {'M', 'M', 0, 42, 0, 0, 0, 8, 0, 1, 1, 0x12, 0, 3, 0, 0, 0, 1, 0, 6, 0, 0};
    ck_assert_int_eq(gra__exif_orientation(exif, sizeof exif), 6);
    for (size_t size = 0; size < sizeof exif; size++)
        ck_assert_int_eq(gra__exif_orientation(exif, size), 1);
    exif[19] = 9;
    ck_assert_int_eq(gra__exif_orientation(exif, sizeof exif), 1);
    memset(exif + 4, 0xff, 4); /* a list beyond the end */
    ck_assert_int_eq(gra__exif_orientation(exif, sizeof exif), 1);
    const uint8_t little[] = {'I', 'I', 42, 0, 8, 0,    0, 0, 2, 0, 0, 1, 3, 0, 1, 0, 0,
                              0,   9,   0,  0, 0, 0x12, 1, 3, 0, 1, 0, 0, 0, 8, 0, 0, 0};
    ck_assert_int_eq(gra__exif_orientation(little, sizeof little), 8);
}

/* ---- writing ---- */

GRA_TEST(a_png_that_is_written_reads_back_the_same)
{
    for (int channels = 1; channels <= 4; channels++) {
        gra_tensor *const x = picture(channels < 4 ? channels : 3, 11, 17);
        gra_tensor *const image =
            channels < 4 ? x : gra_cat(((gra_tensor *[]){x, picture(1, 11, 17)}), 2, 0);
        const char *const path = path_of("written.PNG");
        ck_assert_int_eq(gra_write_image(image, path), 0);
        gra_tensor *const y = gra_read_image(path, .mode = GRA_IMAGE_UNCHANGED);
        ck_assert_int_eq((int)gra_item_int(gra_sum(gra_ne(y, image))), 0);
        ck_assert_int_eq(gra_write_image(channels_last_of(image), path), 0);
        ck_assert_int_eq((int)gra_item_int(gra_sum(
                             gra_ne(gra_read_image(path, .mode = GRA_IMAGE_UNCHANGED), image))),
                         0);
    }
}

GRA_TEST(floats_are_written_as_255ths_and_jpegs_by_their_quality)
{
    const char *const path = path_of("floats.png"), *const jpeg = path_of("it.jpeg");
    gra_tensor *const x = gra_from_data(((float[]){-1, 0, 0.5f, 1, 2, 0.2f}), GRA_SHAPE(1, 2, 3));
    ck_assert_int_eq(gra_write_image(x, path), 0);
    GRA_ASSERT_VALUES(gra_read_image(path, .mode = GRA_IMAGE_GREY), 0, 0, 128, 255, 255, 51);
    ck_assert_int_eq(gra_write_image(picture(3, 40, 50), jpeg), 0);
    ck_assert_int_le(far_from_picture(gra_read_image(jpeg)), 12);
    unsigned char bytes[1 << 14];
    const size_t fine = read_back(jpeg, bytes, sizeof bytes);
    ck_assert_int_eq(gra_write_image(picture(3, 40, 50), jpeg, .quality = 20), 0);
    ck_assert_uint_lt(read_back(jpeg, bytes, sizeof bytes), fine);
}

GRA_TEST(what_cannot_be_written_is_an_error_and_leaves_nothing)
{
    const char *const path = path_of("none.gif");
    ck_assert_int_eq(gra_write_image(picture(3, 4, 4), path), -1);
    GRA_ASSERT_ERROR(text_of("gra_write_image: %s: the path says no format; it must end with .png, "
                             ".jpg or .jpeg",
                             path));
    ck_assert_int_eq(access(path, F_OK), -1);
    ck_assert_int_eq(gra_write_image(picture(2, 4, 4), path_of("two.jpg")), -1);
    GRA_ASSERT_ERROR(
        text_of("gra_write_image: %s: a JPEG has 1 or 3 channels; a PNG may have 2 and "
                "4 as well",
                path_of("two.jpg")));
    ck_assert_int_eq(gra_write_image(gra_zeros(GRA_SHAPE(5, 2, 2)), path_of("five.png")), -1);
    GRA_ASSERT_ERROR("gra_write_image: the image has 5 channels; 1 to 4 can be written");
    ck_assert_int_eq(gra_write_image(gra_zeros(GRA_SHAPE(2, 2)), path_of("flat.png")), -1);
    GRA_ASSERT_ERROR("gra_write_image: x is float32 [2, 2]; an image is needed: uint8 or float32 "
                     "[C, H, W]");
    ck_assert_int_eq(gra_write_image(picture(1, 2, 2), path_of("q.jpg"), .quality = 0), -1);
    GRA_ASSERT_ERROR(text_of("gra_write_image: %s: quality 0 is out of range; 1 to 100 are "
                             "possible",
                             path_of("q.jpg")));
    ck_assert_int_eq(gra_write_image(picture(1, 2, 2), NULL), -1);
    GRA_ASSERT_ERROR("gra_write_image: the path is NULL");
    ck_assert_int_eq(gra_write_image(picture(1, 2, 2), "/nowhere/x.png"), -1);
    GRA_ASSERT_ERROR("gra_write_image: cannot write /nowhere/x.png: No such file or directory");
}

GRA_TEST_MAIN(
    "image", a_jpeg_comes_out_as_uint8_channels_last,
    jpegs_of_greys_and_progressive_ones_come_out_right,
    inks_come_out_as_colours_from_cmyk_and_from_ycck, a_turned_jpeg_is_seen_upright,
    pngs_come_out_exact_in_every_kind, palettes_and_greys_of_a_png_come_out_as_what_they_stand_for,
    grey_is_the_weighted_mean_of_the_colours, a_part_of_a_jpeg_has_the_same_pixels_as_the_whole,
    a_jpeg_at_a_reduced_size_shows_the_means_of_its_pixels,
    a_text_file_called_jpg_is_an_error_that_names_it,
    a_file_that_is_missing_empty_or_a_folder_is_an_error_that_names_it,
    a_truncated_jpeg_is_an_error, a_truncated_png_and_one_with_a_wrong_checksum_are_errors,
    an_image_of_more_pixels_than_allowed_is_refused_by_its_header,
    a_jpeg_of_very_many_scans_is_an_error, damaged_files_never_do_more_than_fail,
    an_exif_block_of_any_bytes_has_an_orientation, a_png_that_is_written_reads_back_the_same,
    floats_are_written_as_255ths_and_jpegs_by_their_quality,
    what_cannot_be_written_is_an_error_and_leaves_nothing)
