/* Preloaded into a process, makes the n-th call of one operation fail, or ends the process there.
 * FAIL_OP    the operation by its name below; `change` is every one that changes a file, `file` any
 *            with a file. Of files only those at FAIL_UNDER count; of writes elsewhere only those
 *            to descriptors 1 and 2: `write1`, `write2`.
 * FAIL_AT    n, from 1; 0 strikes nowhere.
 * FAIL_WITH  an errno; or `before` or `after`: killed there by SIGKILL.
 * FAIL_LOG   gets a line when it struck: `struck`, the operation, the file; and at the end `open`
 *            for each file at FAIL_UNDER that still is, and `calls`, the number of calls. */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum blow { NONE, FAILS, DIES };

static atomic_int calls;
static _Thread_local char file[PATH_MAX + 1]; /* the one that the call at hand is about */

#define REAL(name) ((__typeof__(&name)) dlsym(RTLD_NEXT, #name))

static void note(const char *word, const char *more)
{
    int log = REAL(open)(getenv("FAIL_LOG"), O_CREAT | O_WRONLY | O_APPEND, 0600);
    char line[PATH_MAX + 64];
    int size = snprintf(line, sizeof line, "%s %s %s\n", word, more, file);
    if (log < 0 || REAL(write)(log, line, size) != size) abort();
    REAL(close)(log);
}

static void die(void)
{
    kill(getpid(), SIGKILL);
    for (;;) pause();
}

/* `kind` is what the operation also goes by: change, file, or nothing. */
static enum blow strike(const char *name, const char *kind)
{
    const char *wanted = getenv("FAIL_OP"), *with = getenv("FAIL_WITH");
    int named = !strcmp(wanted, name) || !strcmp(wanted, kind) || (*kind && !strcmp(wanted, "file"));
    if (!named || atomic_fetch_add(&calls, 1) + 1 != atoi(getenv("FAIL_AT"))) return NONE;
    if (!*kind) *file = 0;
    note("struck", name);
    if (!strcmp(with, "before")) die();
    if (!strcmp(with, "after")) return DIES;
    errno = atoi(with);
    return FAILS;
}

static int below(const char *path)
{
    const char *under = getenv("FAIL_UNDER");
    if (!under || strncmp(path, under, strlen(under))) return 0;
    snprintf(file, sizeof file, "%s", path);
    return 1;
}

static int ours(int fd)
{
    char link[64], path[PATH_MAX + 1];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t size = readlink(link, path, PATH_MAX);
    path[size < 0 ? 0 : size] = 0;
    return below(path);
}

/* TLS reads and writes its sockets as if they were files. */
static int is_socket(int fd)
{
    struct stat64 found;
    return !REAL(fstat64)(fd, &found) && S_ISSOCK(found.st_mode);
}

static int ours_at(int folder, const char *path)
{
    return *path == '/' ? below(path) : ours(folder);
}

#define CALL(name, kind, counted, failed, call)                                        \
    do {                                                                               \
        enum blow blow = getenv("FAIL_OP") && (counted) ? strike(name, kind) : NONE;   \
        if (blow == FAILS) return failed;                                              \
        __typeof__(call) result = call;                                                \
        if (blow == DIES) die();                                                       \
        return result;                                                                 \
    } while (0)

/* A call that only has to be counted: how it is declared, how it is made, and what CALL takes. */
#define WRAP(type, name, parameters, arguments, operation, kind, counted, failed)      \
    type name parameters { CALL(operation, kind, counted, failed, REAL(name) arguments); }

#define MODE(flags) \
    mode_t mode = 0; va_list more; va_start(more, flags); mode = va_arg(more, mode_t); va_end(more)
#define OPENS(flags) ((flags) & O_CREAT ? "change" : "file")

int open(const char *path, int flags, ...)
{
    MODE(flags);
    CALL("open", OPENS(flags), below(path), -1, REAL(open)(path, flags, mode));
}

int open64(const char *path, int flags, ...)
{
    MODE(flags);
    CALL("open", OPENS(flags), below(path), -1, REAL(open64)(path, flags, mode));
}

int openat64(int folder, const char *path, int flags, ...)
{
    MODE(flags);
    CALL("open", OPENS(flags), ours_at(folder, path), -1, REAL(openat64)(folder, path, flags, mode));
}

WRAP(FILE *, fopen, (const char *path, const char *how), (path, how),
     "open", "file", below(path), NULL)
WRAP(FILE *, fopen64, (const char *path, const char *how), (path, how),
     "open", "file", below(path), NULL)
WRAP(DIR *, fdopendir, (int fd), (fd),
     "list", "file", ours(fd), NULL)
WRAP(struct dirent64 *, readdir64, (DIR *folder), (folder),
     "list", "file", ours(dirfd(folder)), NULL)
WRAP(int, stat64, (const char *path, struct stat64 *into), (path, into),
     "stat", "file", below(path), -1)
WRAP(int, lstat64, (const char *path, struct stat64 *into), (path, into),
     "stat", "file", below(path), -1)
WRAP(int, fstat64, (int fd, struct stat64 *into), (fd, into),
     "stat", "file", ours(fd), -1)
WRAP(int, fstatat64, (int folder, const char *path, struct stat64 *into, int flags),
     (folder, path, into, flags),
     "stat", "file", ours_at(folder, path), -1)
WRAP(int, access, (const char *path, int how), (path, how),
     "stat", "file", below(path), -1)

ssize_t read(int fd, void *into, size_t size)
{
    int network = is_socket(fd);
    CALL(network ? "recv" : "read", network ? "" : "file", network || ours(fd), -1,
         REAL(read)(fd, into, size));
}

WRAP(ssize_t, pread64, (int fd, void *into, size_t size, off64_t at), (fd, into, size, at),
     "read", "file", ours(fd), -1)

ssize_t write(int fd, const void *from, size_t size)
{
    const char *name = fd == 1 ? "write1" : fd == 2 ? "write2" : is_socket(fd) ? "send" : "write";
    int file = !strcmp(name, "write");
    CALL(name, file ? "change" : "", !file || ours(fd), -1, REAL(write)(fd, from, size));
}

WRAP(ssize_t, pwrite64, (int fd, const void *from, size_t size, off64_t at), (fd, from, size, at),
     "write", "change", ours(fd), -1)
WRAP(int, ftruncate64, (int fd, off64_t size), (fd, size),
     "truncate", "change", ours(fd), -1)
WRAP(int, fsync, (int fd), (fd),
     "sync", "change", ours(fd), -1)
WRAP(int, fdatasync, (int fd), (fd),
     "sync", "change", ours(fd), -1)
WRAP(int, mkdir, (const char *path, mode_t mode), (path, mode),
     "mkdir", "change", below(path), -1)
WRAP(int, chmod, (const char *path, mode_t mode), (path, mode),
     "chmod", "change", below(path), -1)
WRAP(int, fchmod, (int fd, mode_t mode), (fd, mode),
     "chmod", "change", ours(fd), -1)
WRAP(int, rename, (const char *from, const char *to), (from, to),
     "rename", "change", below(to), -1)
WRAP(int, renameat, (int from_folder, const char *from, int to_folder, const char *to),
     (from_folder, from, to_folder, to),
     "rename", "change", ours_at(to_folder, to), -1)
WRAP(int, unlink, (const char *path), (path),
     "unlink", "change", below(path), -1)
WRAP(int, unlinkat, (int folder, const char *path, int flags), (folder, path, flags),
     "unlink", "change", ours_at(folder, path), -1)
WRAP(int, flock, (int fd, int how), (fd, how),
     "lock", "change", ours(fd), -1)

int fcntl64(int fd, int command, ...)
{
    va_list more;
    va_start(more, command);
    void *given = va_arg(more, void *);
    va_end(more);
    int locks = command == F_SETLK || command == F_SETLKW || command == F_GETLK;
    CALL(locks ? "lock" : "descriptor", locks ? "change" : "file", ours(fd), -1,
         REAL(fcntl64)(fd, command, given));
}

/* A failed close has closed all the same. */
int close(int fd)
{
    enum blow blow = getenv("FAIL_OP") && ours(fd) ? strike("close", "file") : NONE;
    int number = errno, result = REAL(close)(fd);
    if (blow == DIES) die();
    if (blow == FAILS) errno = number;
    return blow == FAILS ? -1 : result;
}

WRAP(int, pipe2, (int ends[2], int flags), (ends, flags),
     "pipe", "", 1, -1)
WRAP(int, pthread_create, (pthread_t *made, const pthread_attr_t *how, void *(*work)(void *),
     void *with),
     (made, how, work, with),
     "thread", "", 1, errno)
WRAP(int, connect, (int fd, const struct sockaddr *to, socklen_t size), (fd, to, size),
     "connect", "", to->sa_family != AF_UNIX, -1)
WRAP(ssize_t, recv, (int fd, void *into, size_t size, int flags), (fd, into, size, flags),
     "recv", "", 1, -1)
WRAP(ssize_t, send, (int fd, const void *from, size_t size, int flags), (fd, from, size, flags),
     "send", "", 1, -1)
WRAP(int, poll, (struct pollfd *all, nfds_t count, int timeout), (all, count, timeout),
     "poll", "", 1, -1)
WRAP(int, socket, (int domain, int type, int protocol), (domain, type, protocol),
     "socket", "", 1, -1)
WRAP(int, setsockopt, (int fd, int level, int name, const void *value, socklen_t size),
     (fd, level, name, value, size),
     "setsockopt", "", 1, -1)
WRAP(int, getaddrinfo, (const char *node, const char *service, const struct addrinfo *hints,
     struct addrinfo **all),
     (node, service, hints, all),
     "getaddrinfo", "", 1, EAI_AGAIN)

void _exit(int code)
{
    char number[16];
    for (int fd = 3; getenv("FAIL_LOG") && fd < 256; fd++)
        if (ours(fd)) note("open", "");
    snprintf(number, sizeof number, "%d", calls);
    if (getenv("FAIL_LOG")) note("calls", number);
    REAL(_exit)(code);
    abort();
}
