/* no_ops.c - a plugin without ops. */
#include "gradus.h"

extern const gra_plugin gra_plugin_entry;
const gra_plugin gra_plugin_entry = {.abi = GRA_PLUGIN_ABI,
                                     .op_bytes = sizeof(gra_op),
                                     .library = (void (*)(void))gra_load_ops_with};
