/* A disk without what was never synced. Loaded before libc (LD_PRELOAD), it keeps, at each sync of a file, a copy of the
   file as the disk has it now: NAME.synced. After a power cut these copies are all there is. A letter in the file that
   POWER_LOSS_SYNCS names stands for each sync. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void count(void)
{
    const char *path = getenv("POWER_LOSS_SYNCS");
    int file = path ? open(path, O_WRONLY | O_APPEND | O_CREAT, 0600) : -1;
    if (file >= 0) {
        if (write(file, "s", 1) != 1)
            abort();
        close(file);
    }
}

static void keep(int file)
{
    char link[64], path[4096], fresh[4200], synced[4200];
    static __thread char data[1 << 16];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length <= 0)
        return;
    path[length] = 0;
    if (!strstr(path, ".db"))
        return;
    snprintf(fresh, sizeof fresh, "%s.fresh", path);
    snprintf(synced, sizeof synced, "%s.synced", path);
    int to = open(fresh, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (to < 0)
        abort();
    off_t at = 0; /* by the same descriptor: to close another one would end the locks of this process */
    while ((length = pread(file, data, sizeof data, at)) > 0) {
        if (write(to, data, length) != length)
            abort();
        at += length;
    }
    close(to);
    if (rename(fresh, synced))
        abort();
    count();
}

int fsync(int file)
{
    keep(file);
    return 0;
}

int fdatasync(int file)
{
    keep(file);
    return 0;
}
