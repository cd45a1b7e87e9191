/* npy_tool.c - reads an .npy file and writes another one for check_npy.py.
 *
 *     npy_tool list FILE           its dtype, shape and elements
 *     npy_tool copy FROM TO        reads it and writes it to another file
 */
#include "gradus.h"

#include <stdio.h>
#include <string.h>

static void list(gra_tensor *t)
{
    char shape[GRA_SHAPE_TEXT];
    printf("%s %s", gra_dtype_name(gra_tensor_dtype(t)),
           gra_shape_text(gra_tensor_shape(t), shape));
    gra_tensor *const flat = gra_flatten(t, 0, -1);
    for (int64_t i = 0; i < gra_tensor_numel(flat); i++)
        printf(" %.17g", gra_tensor_at(flat, GRA_SHAPE(i)));
    putchar('\n');
}

int main(int argc, char **argv)
{
    const char *const verb = argc > 2 ? argv[1] : "";
    gra_tensor *const t = argc > 2 ? gra_load_npy(argv[2]) : NULL;
    if (t && strcmp(verb, "list") == 0)
        list(t);
    else if (t && strcmp(verb, "copy") == 0 && argc > 3)
        gra_save_npy(t, argv[3]);
    else
        gra_fail("usage: npy_tool list FILE | copy FROM TO");
    if (gra_error())
        fprintf(stderr, "npy_tool: %s\n", gra_error());
    return gra_error() != NULL;
}
