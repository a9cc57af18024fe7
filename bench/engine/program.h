// Shared by the C programs of bench/engine: a call that must not fail, the clock, and a listening
// socket.
#pragma once
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

// No program outlives this, whatever happens to the others.
enum { MOST_SECONDS = 900 };
enum { BACKLOG = 4096 };

__attribute__((noreturn, format(printf, 1, 2))) static inline void fail(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vfprintf(stderr, format, arguments);
  va_end(arguments);
  fputc('\n', stderr);
  exit(1);
}

static inline int must(int returned, const char *call) {
  if (returned < 0) fail("%s: %s", call, strerror(errno));
  return returned;
}

static inline double seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec + now.tv_nsec / 1e9;
}

// As many descriptors as the system allows, and a time limit.
static inline void start_program(void) {
  struct rlimit files;
  must(getrlimit(RLIMIT_NOFILE, &files), "getrlimit");
  files.rlim_cur = files.rlim_max;
  must(setrlimit(RLIMIT_NOFILE, &files), "setrlimit");
  alarm(MOST_SECONDS);
}

// Listens on a port, or one that the system chooses; returns the socket. Several threads may share
// the port. Accepted sockets inherit TCP_NODELAY.
static inline int listen_on(int type, int *port) {
  struct sockaddr_in address = {
      .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons(*port)};
  socklen_t length = sizeof address;
  int fd = must(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | type, 0), "socket");
  must(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int)), "TCP_NODELAY");
  must(setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &(int){1}, sizeof(int)), "SO_REUSEPORT");
  must(bind(fd, (struct sockaddr *)&address, sizeof address), "bind");
  must(listen(fd, BACKLOG), "listen");
  must(getsockname(fd, (struct sockaddr *)&address, &length), "getsockname");
  *port = ntohs(address.sin_port);
  return fd;
}

static inline void tell_port(int port) {
  printf("{\"port\":%d}\n", port);
  fflush(stdout);
}

// The same on a port that the system chooses, which is printed.
static inline int listen_on_loopback(int type) {
  int port = 0;
  int fd = listen_on(type, &port);
  tell_port(port);
  return fd;
}
