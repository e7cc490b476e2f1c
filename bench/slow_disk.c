/* A disk on which a sync takes longer by SLOW_DISK_MICROSECONDS, as rented disks do. Loaded before libc (LD_PRELOAD). */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static void wait_for_disk(void)
{
    const char *given = getenv("SLOW_DISK_MICROSECONDS");
    long microseconds = given ? atol(given) : 0;
    struct timespec span = {microseconds / 1000000, microseconds % 1000000 * 1000};
    nanosleep(&span, NULL);
}

int fsync(int file)
{
    int (*real)(int) = dlsym(RTLD_NEXT, "fsync");
    wait_for_disk();
    return real(file);
}

int fdatasync(int file)
{
    int (*real)(int) = dlsym(RTLD_NEXT, "fdatasync");
    wait_for_disk();
    return real(file);
}
