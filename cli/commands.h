/* commands.h - the subcommands of `gradus`.
 *
 * Each gets the arguments behind its name and returns the status that the command ends with: 0, 1 where
 * an error is pending, which the command prints, or USAGE where its arguments are wrong.
 */
#ifndef GRA_CLI_COMMANDS_H
#define GRA_CLI_COMMANDS_H

enum { USAGE = 2 };

int command_check_op(int count, char **arguments); /* check-op LIBRARY [NAME] */
int command_ops(int count, char **arguments);      /* ops [NAME] */

#endif
