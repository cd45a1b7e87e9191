/* folders.h - making folders. */
#ifndef GRA_IO_FOLDERS_H
#define GRA_IO_FOLDERS_H

#include <stdbool.h>

/* Makes a folder and those above it that are missing, as mkdir -p does. Whether it is there now; else an error
 * that begins with op. */
bool gra__make_folders(const char *op, const char *path);

#endif
