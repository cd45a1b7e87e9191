/* Reading images: what comes out of each kind of file, and what is said of those that are none. */
#include "gradus.h"

#include "../pictures.h"

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
    for (int c = 0; c < 3; c++)
        for (int y = 0; y < 20; y++)
            for (int i = 0; i < 33; i++)
                ck_assert_int_le(abs(pixel_of(x, c, y, i) - picture_at(c, y, i)), 6);
}

GRA_TEST(a_text_file_called_jpg_is_an_error_that_names_it)
{
    const char *const path = put_file("text.jpg", "This is a text.", 15);
    ck_assert_ptr_null(gra_read_image(path));
    GRA_ASSERT_ERROR(text_of("gra_read_image: %s: the file is neither a JPEG nor a PNG, whatever "
                             "its name says",
                             path));
}

GRA_TEST_MAIN("image", a_jpeg_comes_out_as_uint8_channels_last,
              a_text_file_called_jpg_is_an_error_that_names_it)
