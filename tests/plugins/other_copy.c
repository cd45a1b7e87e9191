/* other_copy.c - a plugin that is bound to another copy of the library. */
#include "gradus.h"

static void elsewhere(void)
{
}

extern const gra_plugin gra_plugin_entry;
const gra_plugin gra_plugin_entry = {
    .abi = GRA_PLUGIN_ABI, .op_bytes = sizeof(gra_op), .library = elsewhere};
