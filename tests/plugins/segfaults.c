/* segfaults.c - a shared object that reads what is not there as it is loaded. */
static const volatile int *volatile nowhere;

__attribute__((constructor)) static void end(void)
{
    (void)*nowhere;
}
