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

FILE *fopen(const char *path, const char *how)
{
    CALL("open", "file", below(path), NULL, REAL(fopen)(path, how));
}

FILE *fopen64(const char *path, const char *how)
{
    CALL("open", "file", below(path), NULL, REAL(fopen64)(path, how));
}

DIR *fdopendir(int fd)
{
    CALL("list", "file", ours(fd), NULL, REAL(fdopendir)(fd));
}

struct dirent64 *readdir64(DIR *folder)
{
    CALL("list", "file", ours(dirfd(folder)), NULL, REAL(readdir64)(folder));
}

int stat64(const char *path, struct stat64 *into)
{
    CALL("stat", "file", below(path), -1, REAL(stat64)(path, into));
}

int lstat64(const char *path, struct stat64 *into)
{
    CALL("stat", "file", below(path), -1, REAL(lstat64)(path, into));
}

int fstat64(int fd, struct stat64 *into)
{
    CALL("stat", "file", ours(fd), -1, REAL(fstat64)(fd, into));
}

int fstatat64(int folder, const char *path, struct stat64 *into, int flags)
{
    CALL("stat", "file", ours_at(folder, path), -1, REAL(fstatat64)(folder, path, into, flags));
}

int access(const char *path, int how)
{
    CALL("stat", "file", below(path), -1, REAL(access)(path, how));
}

ssize_t read(int fd, void *into, size_t size)
{
    int network = is_socket(fd);
    CALL(network ? "recv" : "read", network ? "" : "file", network || ours(fd), -1,
         REAL(read)(fd, into, size));
}

ssize_t pread64(int fd, void *into, size_t size, off64_t at)
{
    CALL("read", "file", ours(fd), -1, REAL(pread64)(fd, into, size, at));
}

ssize_t write(int fd, const void *from, size_t size)
{
    const char *name = fd == 1 ? "write1" : fd == 2 ? "write2" : is_socket(fd) ? "send" : "write";
    int file = !strcmp(name, "write");
    CALL(name, file ? "change" : "", !file || ours(fd), -1, REAL(write)(fd, from, size));
}

ssize_t pwrite64(int fd, const void *from, size_t size, off64_t at)
{
    CALL("write", "change", ours(fd), -1, REAL(pwrite64)(fd, from, size, at));
}

int ftruncate64(int fd, off64_t size)
{
    CALL("truncate", "change", ours(fd), -1, REAL(ftruncate64)(fd, size));
}

int fsync(int fd)
{
    CALL("sync", "change", ours(fd), -1, REAL(fsync)(fd));
}

int fdatasync(int fd)
{
    CALL("sync", "change", ours(fd), -1, REAL(fdatasync)(fd));
}

int mkdir(const char *path, mode_t mode)
{
    CALL("mkdir", "change", below(path), -1, REAL(mkdir)(path, mode));
}

int chmod(const char *path, mode_t mode)
{
    CALL("chmod", "change", below(path), -1, REAL(chmod)(path, mode));
}

int fchmod(int fd, mode_t mode)
{
    CALL("chmod", "change", ours(fd), -1, REAL(fchmod)(fd, mode));
}

int rename(const char *from, const char *to)
{
    CALL("rename", "change", below(to), -1, REAL(rename)(from, to));
}

int renameat(int from_folder, const char *from, int to_folder, const char *to)
{
    CALL("rename", "change", ours_at(to_folder, to), -1,
         REAL(renameat)(from_folder, from, to_folder, to));
}

int unlink(const char *path)
{
    CALL("unlink", "change", below(path), -1, REAL(unlink)(path));
}

int unlinkat(int folder, const char *path, int flags)
{
    CALL("unlink", "change", ours_at(folder, path), -1, REAL(unlinkat)(folder, path, flags));
}

int flock(int fd, int how)
{
    CALL("lock", "change", ours(fd), -1, REAL(flock)(fd, how));
}

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

int pipe2(int ends[2], int flags)
{
    CALL("pipe", "", 1, -1, REAL(pipe2)(ends, flags));
}

int pthread_create(pthread_t *made, const pthread_attr_t *how, void *(*work)(void *), void *with)
{
    CALL("thread", "", 1, errno, REAL(pthread_create)(made, how, work, with));
}

int connect(int fd, const struct sockaddr *to, socklen_t size)
{
    CALL("connect", "", to->sa_family != AF_UNIX, -1, REAL(connect)(fd, to, size));
}

ssize_t recv(int fd, void *into, size_t size, int flags)
{
    CALL("recv", "", 1, -1, REAL(recv)(fd, into, size, flags));
}

ssize_t send(int fd, const void *from, size_t size, int flags)
{
    CALL("send", "", 1, -1, REAL(send)(fd, from, size, flags));
}

int poll(struct pollfd *all, nfds_t count, int timeout)
{
    CALL("poll", "", 1, -1, REAL(poll)(all, count, timeout));
}

int socket(int domain, int type, int protocol)
{
    CALL("socket", "", 1, -1, REAL(socket)(domain, type, protocol));
}

int setsockopt(int fd, int level, int name, const void *value, socklen_t size)
{
    CALL("setsockopt", "", 1, -1, REAL(setsockopt)(fd, level, name, value, size));
}

int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **all)
{
    CALL("getaddrinfo", "", 1, EAI_AGAIN, REAL(getaddrinfo)(node, service, hints, all));
}

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
