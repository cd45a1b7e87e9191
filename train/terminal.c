/* terminal.c - what a file that is drawn on can do. */
#include "train/terminal.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <unistd.h>

bool gra__is_terminal(FILE *file)
{
    const char *const term = getenv("TERM");
    return isatty(fileno(file)) && !(term && strcmp(term, "dumb") == 0);
}

int gra__terminal_width(FILE *file)
{
    struct winsize size;
    if (ioctl(fileno(file), TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        return size.ws_col;
    const char *const columns = getenv("COLUMNS");
    const int width = columns ? atoi(columns) : 0;
    return width > 0 ? width : 80;
}

bool gra__locale_is_utf8(void)
{
    static const char *const names[] = {"LC_ALL", "LC_CTYPE", "LANG"};
    for (int i = 0; i < 3; i++) {
        const char *const locale = getenv(names[i]);
        if (!locale || !*locale)
            continue;
        const char *const codeset = strchr(locale, '.');
        return codeset &&
               (strncasecmp(codeset, ".UTF-8", 6) == 0 || strncasecmp(codeset, ".UTF8", 5) == 0);
    }
    return false;
}

/* The character that begins at *text, which moves to the next one. A byte that begins none stands
 * for itself. */
static uint32_t next_character(const char **text)
{
    const unsigned char *const s = (const unsigned char *)*text;
    const int more = s[0] >= 0xf0 ? 3 : s[0] >= 0xe0 ? 2 : s[0] >= 0xc0 ? 1 : 0;
    uint32_t c = more ? s[0] & (0x3fu >> more) : s[0];
    for (int i = 1; i <= more; i++) {
        if ((s[i] & 0xc0) != 0x80) {
            (*text)++;
            return s[0];
        }
        c = c << 6 | (s[i] & 0x3f);
    }
    *text += 1 + more;
    return c;
}

/* The blocks of Unicode whose characters take no column, and those that take two. */
static int character_width(uint32_t c)
{
    static const uint32_t none[][2] = {
        {0x300, 0x36f}, {0x200b, 0x200f}, {0x20d0, 0x20ff}, {0xfe00, 0xfe0f}};
    static const uint32_t wide[][2] = {{0x1100, 0x115f}, {0x2e80, 0xa4cf},   {0xac00, 0xd7a3},
                                       {0xf900, 0xfaff}, {0xfe30, 0xfe6f},   {0xff00, 0xff60},
                                       {0xffe0, 0xffe6}, {0x1f300, 0x1faff}, {0x20000, 0x3fffd}};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        if (c >= none[i][0] && c <= none[i][1])
            return 0;
    for (size_t i = 0; i < sizeof wide / sizeof *wide; i++)
        if (c >= wide[i][0] && c <= wide[i][1])
            return 2;
    return 1;
}

int gra__text_width(const char *text)
{
    int width = 0;
    while (*text)
        width += character_width(next_character(&text));
    return width;
}

void gra__text_cut(char *text, int width)
{
    const char *at = text;
    while (*at) {
        const char *const begin = at;
        width -= character_width(next_character(&at));
        if (width < 0) {
            text[begin - text] = 0;
            return;
        }
    }
}
