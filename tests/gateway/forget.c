/* A disk that forgets: in a process with this loaded (LD_PRELOAD) the folder $FORGET has a twin "$FORGET.synced",
   and a file's bytes come into the twin only by fsync or fdatasync of that file. Names (rename, unlink) come at once,
   as a journalling file system orders them. Whoever puts the twin into the folder's place has thrown away all that
   was written after the last fsync. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

/* The twin of an absolute path inside of the folder, or 0. */
static int twin(const char *path, char *out)
{
    const char *folder = getenv("FORGET");
    size_t length = folder ? strlen(folder) : 0;
    if (!length || strncmp(path, folder, length) || path[length] != '/')
        return 0;
    return snprintf(out, PATH_MAX, "%s.synced%s", folder, path + length) < PATH_MAX;
}

/* The same for a path as a program gives it: a folder that it has entered is put before it. */
static int twin_of(const char *path, char *out)
{
    char whole[PATH_MAX], here[PATH_MAX];
    if (path[0] == '/')
        return twin(path, out);
    if (!getcwd(here, sizeof here) || snprintf(whole, sizeof whole, "%s/%s", here, path) >= PATH_MAX)
        return 0;
    return twin(whole, out);
}

/* A crash in the middle of the copying leaves the former content: the copy gets its name when it is whole.
   One process copies at a time, so that no older copy comes after a newer one. */
static void remember(int fd)
{
    char link[64], path[PATH_MAX], to[PATH_MAX], part[PATH_MAX + 32], turn[PATH_MAX];
    struct stat is;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0 || fstat(fd, &is) || !S_ISREG(is.st_mode))
        return;
    path[length] = 0;
    if (!twin(path, to))
        return;
    snprintf(part, sizeof part, "%s.%d", to, getpid());
    snprintf(turn, sizeof turn, "%s.turn", getenv("FORGET"));
    int waits = open(turn, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    flock(waits, LOCK_EX);
    fstat(fd, &is);
    int from = open(path, O_RDONLY), into = open(part, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    off_t at = 0;
    while (from >= 0 && into >= 0 && at < is.st_size)
        if (sendfile(into, from, &at, is.st_size - at) <= 0)
            break;
    if (from >= 0)
        close(from);
    if (into >= 0)
        close(into);
    if (at == is.st_size) {
        int (*move)(const char *, const char *) = dlsym(RTLD_NEXT, "rename");
        move(part, to);
    } else {
        unlink(part);
    }
    close(waits);
}

int fsync(int fd)
{
    int (*next)(int) = dlsym(RTLD_NEXT, "fsync");
    int done = next(fd);
    if (!done)
        remember(fd);
    return done;
}

int fdatasync(int fd)
{
    int (*next)(int) = dlsym(RTLD_NEXT, "fdatasync");
    int done = next(fd);
    if (!done)
        remember(fd);
    return done;
}

int rename(const char *from, const char *to)
{
    int (*next)(const char *, const char *) = dlsym(RTLD_NEXT, "rename");
    char twin_from[PATH_MAX], twin_to[PATH_MAX];
    int done = next(from, to);
    if (!done && twin_of(from, twin_from) && twin_of(to, twin_to))
        next(twin_from, twin_to);
    return done;
}

int unlink(const char *path)
{
    int (*next)(const char *) = dlsym(RTLD_NEXT, "unlink");
    char other[PATH_MAX];
    int done = next(path);
    if (!done && twin_of(path, other))
        next(other);
    return done;
}
