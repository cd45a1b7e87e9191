/* dtype.c - element types: sizes, names, promotion. */
#include "dtype.h"

static const struct {
    const char *name;
    unsigned char size;
    unsigned char category; /* 0 bool, 1 integer, 2 floating */
    unsigned char rank;     /* order inside the category */
} infos[GRA_DTYPE_COUNT] = {
    [GRA_FLOAT32] = {"float32", 4, 2, 1},   [GRA_FLOAT64] = {"float64", 8, 2, 2},
    [GRA_BFLOAT16] = {"bfloat16", 2, 2, 0}, [GRA_INT64] = {"int64", 8, 1, 2},
    [GRA_INT32] = {"int32", 4, 1, 1},       [GRA_UINT8] = {"uint8", 1, 1, 0},
    [GRA_BOOL] = {"bool", 1, 0, 0},
};

size_t gra_dtype_size(gra_dtype dtype)
{
    return infos[dtype].size;
}

const char *gra_dtype_name(gra_dtype dtype)
{
    return infos[dtype].name;
}

bool gra_dtype_is_floating(gra_dtype dtype)
{
    return infos[dtype].category == 2;
}

bool gra_dtype_is_integer(gra_dtype dtype)
{
    return infos[dtype].category == 1;
}

gra_dtype gra_promote_types(gra_dtype a, gra_dtype b)
{
    if (infos[a].category != infos[b].category)
        return infos[a].category > infos[b].category ? a : b;
    return infos[a].rank >= infos[b].rank ? a : b;
}
