/* Preloaded into a process, makes the n-th call of one operation fail: FAIL_OP, FAIL_AT, FAIL_ERRNO.
 * Writes are counted a descriptor: FAIL_OP=write1 and write2. FAIL_LOG gets a byte when it struck. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static atomic_int calls;

static int strikes(const char *name)
{
    const char *wanted = getenv("FAIL_OP"), *at = getenv("FAIL_AT"), *log = getenv("FAIL_LOG");
    if (!wanted || !at || !log || strcmp(wanted, name) || atomic_fetch_add(&calls, 1) + 1 != atoi(at))
        return 0;
    close(open(log, O_CREAT | O_WRONLY, 0600));
    errno = atoi(getenv("FAIL_ERRNO"));
    return 1;
}

#define REAL(name) ((__typeof__(&name)) dlsym(RTLD_NEXT, #name))

int connect(int fd, const struct sockaddr *to, socklen_t size)
{
    if (to->sa_family != AF_UNIX && strikes("connect")) return -1;
    return REAL(connect)(fd, to, size);
}

ssize_t recv(int fd, void *into, size_t size, int flags)
{
    return strikes("recv") ? -1 : REAL(recv)(fd, into, size, flags);
}

ssize_t send(int fd, const void *from, size_t size, int flags)
{
    return strikes("send") ? -1 : REAL(send)(fd, from, size, flags);
}

ssize_t write(int fd, const void *from, size_t size)
{
    if ((fd == 1 && strikes("write1")) || (fd == 2 && strikes("write2"))) return -1;
    return REAL(write)(fd, from, size);
}

int poll(struct pollfd *all, nfds_t count, int timeout)
{
    return strikes("poll") ? -1 : REAL(poll)(all, count, timeout);
}

int socket(int domain, int type, int protocol)
{
    return strikes("socket") ? -1 : REAL(socket)(domain, type, protocol);
}

int setsockopt(int fd, int level, int name, const void *value, socklen_t size)
{
    return strikes("setsockopt") ? -1 : REAL(setsockopt)(fd, level, name, value, size);
}

int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **all)
{
    return strikes("getaddrinfo") ? EAI_AGAIN : REAL(getaddrinfo)(node, service, hints, all);
}
