/* entryless.c - a shared object without an entry. */
int entryless(void);

int entryless(void)
{
    return 1;
}
