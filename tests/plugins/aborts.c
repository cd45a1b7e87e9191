/* aborts.c - a shared object that aborts as it is loaded. */
#include <stdlib.h>

__attribute__((constructor)) static void end(void)
{
    abort();
}
