/* Preloaded into a process, steps its clocks while it runs, by what STEPPING, a file, holds at the
 * time: two numbers of seconds, for the clock one reads and for the one that goes on in suspend.
 * CLOCK_MONOTONIC stands outside: it neither steps nor goes on in suspend. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>

static int (*real)(clockid_t, struct timespec *);
static volatile const int64_t *by;

/* At the first call, not in a constructor: Python 3.13 reads a clock before constructors ran. */
static void begin(void)
{
    real = (__typeof__(real)) dlsym(RTLD_NEXT, "clock_gettime");
    by = mmap(NULL, 16, PROT_READ, MAP_SHARED, open(getenv("STEPPING"), O_RDONLY | O_CLOEXEC), 0);
}

int clock_gettime(clockid_t clock, struct timespec *now)
{
    if (!by) begin();
    int failed = real(clock, now);
    if (!failed && clock == CLOCK_REALTIME) now->tv_sec += by[0];
    if (!failed && clock == CLOCK_BOOTTIME) now->tv_sec += by[1];
    return failed;
}

time_t time(time_t *into)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (into) *into = now.tv_sec;
    return now.tv_sec;
}
