/* exits.c - a shared object that ends the process as it is loaded. */
#include <stdlib.h>

__attribute__((constructor)) static void end(void)
{
    exit(3);
}
