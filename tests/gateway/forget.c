/* A disk that forgets: in a process with this loaded (LD_PRELOAD) the folder $FORGET has a twin "$FORGET.synced",
   and a file's bytes come into the twin only by fsync or fdatasync of that file. Names (rename, link, unlink) come at
   once, as a journalling file system orders them. Whoever puts the twin into the folder's place has thrown away all
   that was written after the last fsync. Twins change in turn, so that no older copy or name comes after a newer one.
   What cannot be done ends the process: a disk that keeps less than was synced would accuse the program. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static void must(int done, const char *what)
{
    if (!done) {
        fprintf(stderr, "forget: %s: %s\n", what, strerror(errno));
        abort();
    }
}

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

/* Closing what it returns ends the turn. */
static int turn(void)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s.turn", getenv("FORGET"));
    int held = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    must(held >= 0, path);
    while (flock(held, LOCK_EX))
        must(errno == EINTR, path);
    return held;
}

/* Whoever loses the disk sees by the file that this library was there at all. */
__attribute__((constructor)) static void loaded(void)
{
    if (getenv("FORGET"))
        close(turn());
}

/* A crash in the middle of the copying leaves the former content: the copy gets its name when it is whole. */
static void copy(int from, off_t length, const char *to)
{
    char part[PATH_MAX + 32];
    snprintf(part, sizeof part, "%s.%d", to, getpid());
    int into = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    must(into >= 0, part);
    for (off_t at = 0; at < length;) {
        ssize_t sent = sendfile(into, from, &at, length - at);
        if (sent == 0) /* cut short meanwhile */
            break;
        must(sent > 0 || errno == EINTR, part);
    }
    close(into);
    must(!NEXT(rename)(part, to), part);
}

static void remember(int fd)
{
    char link[64], path[PATH_MAX], to[PATH_MAX];
    struct stat is;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    must(length > 0, link);
    path[length] = 0;
    if (fstat(fd, &is) || !S_ISREG(is.st_mode) || !twin(path, to))
        return;
    int held = turn();
    length = readlink(link, path, sizeof path - 1); /* its name may have changed while others had their turn */
    path[length] = 0;
    if (!fstat(fd, &is) && is.st_nlink && twin(path, to)) {
        int from = open(path, O_RDONLY | O_CLOEXEC);
        must(from >= 0, path);
        copy(from, is.st_size, to);
        close(from);
    }
    close(held);
}

int fsync(int fd)
{
    int done = NEXT(fsync)(fd);
    if (!done)
        remember(fd);
    return done;
}

int fdatasync(int fd)
{
    int done = NEXT(fdatasync)(fd);
    if (!done)
        remember(fd);
    return done;
}

typedef int Naming(const char *, const char *);

/* A file that was never synced has no twin yet: then there is no name to give. */
static int named(Naming *next, const char *from, const char *to)
{
    char twin_from[PATH_MAX], twin_to[PATH_MAX];
    if (!twin_of(from, twin_from) || !twin_of(to, twin_to))
        return next(from, to);
    int held = turn(), done = next(from, to), error = errno;
    if (!done)
        must(!next(twin_from, twin_to) || errno == ENOENT, twin_to);
    close(held);
    errno = error;
    return done;
}

int rename(const char *from, const char *to)
{
    return named(NEXT(rename), from, to);
}

int link(const char *from, const char *to)
{
    return named(NEXT(link), from, to);
}

int unlink(const char *path)
{
    char other[PATH_MAX];
    if (!twin_of(path, other))
        return NEXT(unlink)(path);
    int held = turn(), done = NEXT(unlink)(path), error = errno;
    if (!done)
        must(!NEXT(unlink)(other) || errno == ENOENT, other);
    close(held);
    errno = error;
    return done;
}
