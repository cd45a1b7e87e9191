/* ops.c - `gradus ops [NAME]`: the schemas of all ops, or one op's schema with its documentation. */
#include <stdio.h>

#include "cli/commands.h"
#include "gradus.h"

int command_ops(int count, char **arguments)
{
    if (count > 1)
        return USAGE;
    if (count == 1) {
        const gra_op *const op = gra_require_op("gradus ops", arguments[0]);
        if (!op)
            return 1;
        printf("%s\n", op->schema);
        if (gra_op_doc(op)[0])
            printf("\n%s", gra_op_doc(op));
        return 0;
    }
    size_t ops;
    const gra_op *const *const op = gra_ops(&ops);
    for (size_t i = 0; i < ops; i++)
        printf("%s\n", op[i]->schema);
    return op ? 0 : 1;
}
