/* gradus.c - the `gradus` command: what the library can tell without a program. */
#include <stdio.h>
#include <string.h>

#include "cli/commands.h"
#include "gradus.h"

static const struct {
    const char *name, *arguments, *what;
    int (*run)(int count, char **arguments);
} commands[] = {
    {"check-op", "LIBRARY [NAME]", "whether the ops of a plugin, or one of them, do what they say",
     command_check_op},
    {"ops", "[NAME]", "the schemas of all ops, or one op's schema and documentation", command_ops},
};

enum { COMMANDS = sizeof commands / sizeof commands[0] };

static void print_usage(FILE *file)
{
    fprintf(file, "usage: gradus COMMAND [ARGUMENT...]\n\n");
    for (int i = 0; i < COMMANDS; i++)
        fprintf(file, "  gradus %s %s\n      %s\n", commands[i].name, commands[i].arguments,
                commands[i].what);
}

static int run(int i, int count, char **arguments)
{
    const int status = commands[i].run(count, arguments);
    if (gra_error())
        fprintf(stderr, "%s\n", gra_error());
    else if (status == USAGE)
        fprintf(stderr, "usage: gradus %s %s\n", commands[i].name, commands[i].arguments);
    return gra_error() && !status ? 1 : status;
}

int main(int argc, char **argv)
{
    const char *const name = argc > 1 ? argv[1] : "";
    if (!strcmp(name, "--help") || !strcmp(name, "-h")) {
        print_usage(stdout);
        return 0;
    }
    if (!strcmp(name, "--version")) {
        printf("gradus %d.%d.%d\n", GRA_VERSION_MAJOR, GRA_VERSION_MINOR, GRA_VERSION_PATCH);
        return 0;
    }
    for (int i = 0; i < COMMANDS; i++)
        if (!strcmp(name, commands[i].name))
            return run(i, argc - 2, argv + 2);
    if (*name)
        fprintf(stderr, "gradus: there is no command \"%s\"\n", name);
    print_usage(stderr);
    return USAGE;
}
