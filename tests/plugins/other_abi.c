/* other_abi.c - a plugin for another ABI. */
#include "gradus.h"

extern const gra_plugin gra_plugin_entry;
const gra_plugin gra_plugin_entry = {.abi = GRA_PLUGIN_ABI + 1};
