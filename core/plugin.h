/* plugin.h - ops from a shared object.
 *
 * A plugin is a shared object that defines ops and names them in its one entry:
 *
 *     #include <gradus.h>
 *
 *     static const gra_op swish_op = {...};
 *     GRA_PLUGIN(&swish_op);
 *
 *     $ cc -shared -fPIC swish.c -o libswish.so $(pkg-config --cflags --libs gradus)
 *
 * A program makes them known; from then on they are found by name, as if they were built in:
 *
 *     if (gra_load_ops("libswish.so") < 0)
 *         fprintf(stderr, "%s\n", gra_error());
 *     const gra_op *swish = gra_find_op("swish");
 *
 * Program and plugin must use one copy of the library: both are linked with the shared one, or the
 * program holds the static one and exports it (-rdynamic).
 */
#ifndef GRA_CORE_PLUGIN_H
#define GRA_CORE_PLUGIN_H

#include "op.h"

GRA_BEGIN_DECLS

/* Of gra_op, gra_call and gra_plugin; counts up when one of them changes. */
#define GRA_PLUGIN_ABI 1

/* The entry of a plugin, gra_plugin_entry. */
typedef struct gra_plugin {
    uint32_t abi;             /* GRA_PLUGIN_ABI of the header that it was compiled with */
    uint32_t op_bytes;        /* sizeof(gra_op), likewise */
    void (*library)(void);    /* gra_load_ops as the plugin sees it: which copy of the library */
    const gra_op *const *ops; /* stay as long as the process */
    size_t count;
} gra_plugin;

typedef struct gra_load_ops_options {
    int begin_;
    const char *path; /* with a slash, or in the working folder, or where the system looks for
                         shared objects */
    bool trial;       /* true: load it in a child process first, for at most 10 seconds */
} gra_load_ops_options;

gra_load_ops_options gra_load_ops_defaults(void);

/* Loads a plugin and registers its ops, all or none; to load one again changes nothing. Returns 0, or -1
 * with an error: no such file, no shared object, symbols that are missing, no entry, another ABI, another
 * copy of the library, and what gra_register_op refuses.
 *
 * Code of a shared object runs as it is loaded, and what crashes there takes the process with it. So it
 * is loaded in a child process first, a copy of this one, and a crash is an error as well; what fails
 * there is never loaded here. What such code does outside of the process it does twice, and a child
 * inherits no threads: load plugins before there are any. Without .trial the plugin is loaded at
 * once, and stays in memory where its ops are refused. */
int gra_load_ops_with(gra_load_ops_options options);

#ifndef __cplusplus
#define gra_load_ops(...)                                                                          \
    gra_load_ops_with(GRA_KEYWORDS(gra_load_ops_options, .trial = true, .begin_ = 0, __VA_ARGS__))

/* Defines the entry: pointers to the plugin's ops. */
#define GRA_PLUGIN(...)                                                                            \
    const gra_plugin gra_plugin_entry __attribute__((visibility("default"))) = {                   \
        GRA_PLUGIN_ABI, sizeof(gra_op), (void (*)(void))gra_load_ops_with,                         \
        (const gra_op *const[]){__VA_ARGS__},                                                      \
        sizeof((const gra_op *const[]){__VA_ARGS__}) / sizeof(const gra_op *)}
#endif

GRA_END_DECLS

#endif
