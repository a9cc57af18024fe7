// An echo server in C on epoll, written in the usual way, for comparison.
#define _GNU_SOURCE
#include "program.h"
#include <sys/epoll.h>

enum { EVENTS = 1024, BUFFER = 64 << 10 };

static char buffer[BUFFER];

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
  // The load has one message in flight on a connection, for which the socket's buffer always has
  // room.
  ssize_t sent = send(fd, buffer, received, MSG_NOSIGNAL);
  if (sent < 0) close(fd);
  else if (sent != received) fail("send took %zd of %zd bytes", sent, received);
}

int main(void) {
  start_program();
  int listener = listen_on_loopback(SOCK_NONBLOCK);
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
