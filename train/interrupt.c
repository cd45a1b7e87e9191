/* interrupt.c - a flag for Ctrl-C. */
#include "train/interrupt.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>

#include "core/error.h"

enum { SIGNALS = 2 };
static const int signals[SIGNALS] = {SIGINT, SIGTERM};

static struct sigaction before[SIGNALS];
static bool caught[SIGNALS];
static pthread_mutex_t changing = PTHREAD_MUTEX_INITIALIZER;
static volatile sig_atomic_t came;

/* The second signal has its usual effect: it is blocked until this returns, and then ends us. */
static void on_signal(int number)
{
    if (came) {
        signal(number, SIG_DFL);
        raise(number);
    }
    came = number;
}

static bool catch_one(int i)
{
    struct sigaction mine = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    sigemptyset(&mine.sa_mask);
    if (caught[i])
        return true;
    if (sigaction(signals[i], NULL, &before[i]) < 0)
        return false;
    if (before[i].sa_handler == SIG_IGN)
        return true;
    caught[i] = sigaction(signals[i], &mine, NULL) == 0;
    return caught[i];
}

int gra_catch_interrupt(void)
{
    if (gra_error())
        return -1;
    bool fine = true;
    pthread_mutex_lock(&changing);
    came = 0;
    for (int i = 0; i < SIGNALS && fine; i++)
        fine = catch_one(i);
    const int reason = errno;
    pthread_mutex_unlock(&changing);
    if (!fine) {
        gra_restore_interrupt();
        gra_fail("gra_catch_interrupt: the signal cannot be caught: %s", strerror(reason));
    }
    return fine ? 0 : -1;
}

int gra_interrupted(void)
{
    return came;
}

void gra_restore_interrupt(void)
{
    pthread_mutex_lock(&changing);
    for (int i = 0; i < SIGNALS; i++) {
        if (caught[i])
            sigaction(signals[i], &before[i], NULL);
        caught[i] = false;
    }
    pthread_mutex_unlock(&changing);
}
