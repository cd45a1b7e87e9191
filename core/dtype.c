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

/* What is no dtype is taken for the first one in queries; making a tensor of it is an error. */
static unsigned valid(gra_dtype dtype)
{
    return (unsigned)dtype < GRA_DTYPE_COUNT ? (unsigned)dtype : 0;
}

size_t gra_dtype_size(gra_dtype dtype)
{
    return infos[valid(dtype)].size;
}

const char *gra_dtype_name(gra_dtype dtype)
{
    return (unsigned)dtype < GRA_DTYPE_COUNT ? infos[dtype].name : "no dtype";
}

bool gra_dtype_is_floating(gra_dtype dtype)
{
    return infos[valid(dtype)].category == 2;
}

bool gra_dtype_is_integer(gra_dtype dtype)
{
    return infos[valid(dtype)].category == 1;
}

gra_dtype gra_promote_types(gra_dtype a, gra_dtype b)
{
    if (infos[valid(a)].category != infos[valid(b)].category)
        return infos[valid(a)].category > infos[valid(b)].category ? a : b;
    return infos[valid(a)].rank >= infos[valid(b)].rank ? a : b;
}
