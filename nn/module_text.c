/* module_text.c - modules as text, as PyTorch's repr.
 *
 *     Name(extra)                without children
 *     Name(                      with children, each two columns further in than its parent
 *       extra
 *       (name): Child(...)
 *     )
 */
#include <stdlib.h>

#include "core/error.h"
#include "nn/module_struct.h"

static void write_module(FILE *out, const gra_module *m, int indent)
{
    const bool nested = m->child_count > 0;
    char *extra = NULL;
    size_t length = 0;
    FILE *const text = m->type->describe ? open_memstream(&extra, &length) : NULL;
    if (text) {
        m->type->describe(m, text);
        fclose(text);
    }
    fprintf(out, "%s(", m->type->name);
    if (length > 0 && nested)
        fprintf(out, "\n%*s%s", indent + 2, "", extra);
    else if (length > 0)
        fputs(extra, out);
    free(extra);
    for (int i = 0; i < m->child_count; i++) {
        fprintf(out, "\n%*s(%s): ", indent + 2, "", m->children[i].name);
        write_module(out, m->children[i].module, indent + 2);
    }
    if (nested)
        fprintf(out, "\n%*s", indent, "");
    fputc(')', out);
}

char *gra_module_text(const gra_module *m)
{
    char *text = NULL;
    size_t length = 0;
    FILE *const out = open_memstream(&text, &length);
    if (!out)
        return gra_fail("gra_module_text: out of memory");
    if (m)
        write_module(out, m, 0);
    else
        fputs("NULL", out);
    const bool failed = ferror(out);
    if (fclose(out) == 0 && !failed)
        return text;
    free(text);
    return gra_fail("gra_module_text: out of memory");
}

void gra_module_print(const gra_module *m)
{
    char *const text = gra_module_text(m);
    if (text)
        puts(text);
    free(text);
}
