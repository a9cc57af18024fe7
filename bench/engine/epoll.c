// An echo server in C on epoll, written in the usual way, for comparison. The argument is the
// number of threads, each with its own socket that listens on the same port; 1 by default.
#define _GNU_SOURCE
#include "program.h"
#include <pthread.h>
#include <stdint.h>
#include <sys/epoll.h>

enum { EVENTS = 1024, BUFFER = 64 << 10 };

static __thread char buffer[BUFFER];

static void watch(int epoll, int fd) {
  struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
  must(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event), "epoll_ctl");
}

static void accept_all(int epoll, int listener) {
  int fd;
  while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) watch(epoll, fd);
  if (errno != EAGAIN && errno != ECONNABORTED) fail("accept4: %s", strerror(errno));
}

static void echo(int fd) {
  ssize_t received = recv(fd, buffer, sizeof buffer, 0);
  if (received < 0 && errno == EAGAIN) return;
  if (received <= 0) {
    close(fd);
    return;
  }
  // The load has one message in flight per connection, which always fits the socket's buffer.
  ssize_t sent = send(fd, buffer, received, MSG_NOSIGNAL);
  if (sent < 0) close(fd);
  else if (sent != received) fail("send took %zd of %zd bytes", sent, received);
}

static void *serve(void *argument) {
  int listener = (intptr_t)argument;
  int epoll = must(epoll_create1(EPOLL_CLOEXEC), "epoll_create1");
  watch(epoll, listener);
  for (;;) {
    struct epoll_event events[EVENTS];
    int count = must(epoll_wait(epoll, events, EVENTS, -1), "epoll_wait");
    for (int i = 0; i < count; i++) {
      if (events[i].data.fd == listener) accept_all(epoll, listener);
      else echo(events[i].data.fd);
    }
  }
}

int main(int argc, char **argv) {
  int threads = argc > 1 ? atoi(argv[1]) : 1, port = 0;
  start_program();
  int listener = listen_on(SOCK_NONBLOCK, &port);
  for (int started = 1; started < threads; started++) {
    pthread_t thread;
    if (pthread_create(&thread, NULL, serve, (void *)(intptr_t)listen_on(SOCK_NONBLOCK, &port)) != 0)
      fail("pthread_create failed");
  }
  tell_port(port);
  serve((void *)(intptr_t)listener);
}
