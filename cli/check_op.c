/* check_op.c - `gradus check-op LIBRARY [NAME]`: gra_check_op for the ops of a plugin.
 *
 * Each op is checked in a process of its own, so that one that crashes is told like any other mistake and
 * the others have their turn.
 */
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/commands.h"
#include "gradus.h"

/* Whether the op passes, and what happened to the process if it does not end by itself. */
static bool passes(const char *name)
{
    fflush(NULL);
    const pid_t child = fork();
    if (child == 0) {
        const int status = gra_check_op(name, stdout);
        fflush(stdout);
        _exit(status == 0 ? 0 : 1);
    }
    int status = 0;
    if (child < 0 || waitpid(child, &status, 0) < 0)
        return gra_fail("gradus check-op: no process to check %s in", name);
    if (WIFSIGNALED(status))
        printf("%s: WRONG: it crashes: %s\n", name, strsignal(WTERMSIG(status)));
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* Checks the ops that stand in the table from `first` on, or the one of a name. */
static int check_from(size_t first, const char *only)
{
    size_t count, checked = 0, failed = 0;
    const gra_op *const *const ops = gra_ops(&count);
    for (size_t i = first; i < count && !gra_error(); i++) {
        char name[64];
        snprintf(name, sizeof name, "%s", gra_op_name(ops[i]));
        if (only && strcmp(name, only) != 0)
            continue;
        if (checked++ > 0)
            printf("\n");
        failed += !passes(name);
    }
    if (only && !checked)
        gra_fail("gradus check-op: the plugin has no op \"%s\"", only);
    return failed || gra_error() ? 1 : 0;
}

int command_check_op(int count, char **arguments)
{
    size_t before;
    if (count < 1 || count > 2)
        return USAGE;
    gra_ops(&before);
    if (gra_load_ops(arguments[0]) < 0)
        return 1;
    return check_from(before, count > 1 ? arguments[1] : NULL);
}
