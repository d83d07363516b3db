/* A full disk: in a process with this loaded (LD_PRELOAD) no file in the folder $FULL_IN grows while the file $FULL is
   there. What a file already has can be written over, as on a real one. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

/* Whether there is no room for the file to reach so far. */
static int is_full(int fd, off_t end)
{
    const char *folder = getenv("FULL_IN"), *flag = getenv("FULL");
    char link[64], path[PATH_MAX];
    struct stat is;
    if (!folder || !flag || access(flag, F_OK) || fstat(fd, &is) || !S_ISREG(is.st_mode) || end <= is.st_size)
        return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    path[length < 0 ? 0 : length] = 0;
    if (strncmp(path, folder, strlen(folder)) || path[strlen(folder)] != '/')
        return 0;
    errno = ENOSPC;
    return 1;
}

ssize_t write(int fd, const void *bytes, size_t count)
{
    off_t at = lseek(fd, 0, SEEK_CUR);
    return at >= 0 && is_full(fd, at + count) ? -1 : NEXT(write)(fd, bytes, count);
}

ssize_t pwrite(int fd, const void *bytes, size_t count, off_t at)
{
    return is_full(fd, at + count) ? -1 : NEXT(pwrite)(fd, bytes, count, at);
}

ssize_t pwrite64(int fd, const void *bytes, size_t count, off64_t at)
{
    return is_full(fd, at + count) ? -1 : NEXT(pwrite64)(fd, bytes, count, at);
}

int ftruncate64(int fd, off64_t length)
{
    return is_full(fd, length) ? -1 : NEXT(ftruncate64)(fd, length);
}

int posix_fallocate64(int fd, off64_t at, off64_t length)
{
    return is_full(fd, at + length) ? ENOSPC : NEXT(posix_fallocate64)(fd, at, length);
}
