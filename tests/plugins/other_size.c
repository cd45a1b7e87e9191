/* other_size.c - a plugin that was compiled with another gra_op. */
#include "gradus.h"

extern const gra_plugin gra_plugin_entry;
const gra_plugin gra_plugin_entry = {.abi = GRA_PLUGIN_ABI, .op_bytes = 8};
