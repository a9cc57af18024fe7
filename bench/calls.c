// The calls of bench/calls-here.mjs in C: the same calls, on the same kinds of sockets, equally
// often. Prints a line for each call: its name, and nanoseconds per call by the clock and by the
// processor. With a third argument, the process has a second thread, which sleeps.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { BATCH = 128, MESSAGE = 64, TCP_INFO_SIZE = 280 };

struct timing {
  double wall, cpu, wall_start, cpu_start;
};

static double nanoseconds(clockid_t clock) {
  struct timespec now;
  clock_gettime(clock, &now);
  return now.tv_sec * 1e9 + now.tv_nsec;
}

static void start(struct timing *timing) {
  timing->cpu_start = nanoseconds(CLOCK_PROCESS_CPUTIME_ID);
  timing->wall_start = nanoseconds(CLOCK_MONOTONIC);
}

static void stop(struct timing *timing) {
  timing->wall += nanoseconds(CLOCK_MONOTONIC) - timing->wall_start;
  timing->cpu += nanoseconds(CLOCK_PROCESS_CPUTIME_ID) - timing->cpu_start;
}

static void print(const char *call, const struct timing *timing, int calls) {
  printf("{\"call\":\"%s\",\"by\":\"C\",\"wall\":%.1f,\"cpu\":%.1f}\n", call, timing->wall / calls,
         timing->cpu / calls);
}

static int must(int returned, const char *call) {
  if (returned < 0) {
    perror(call);
    exit(1);
  }
  return returned;
}

static int bound(struct sockaddr_in *address) {
  socklen_t length = sizeof *address;
  int fd = must(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
  *address = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  must(bind(fd, (struct sockaddr *)address, sizeof *address), "bind");
  must(getsockname(fd, (struct sockaddr *)address, &length), "getsockname");
  return fd;
}

static int connected(const struct sockaddr_in *address) {
  int fd = must(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
  must(connect(fd, (const struct sockaddr *)address, sizeof *address), "connect");
  return fd;
}

// A close that resets leaves no port in TIME_WAIT; the rounds would use up all ports otherwise.
static void reset(int fd) {
  struct linger linger = {1, 0};
  must(setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger), "setsockopt");
  must(close(fd), "close");
}

static void measure_listen(int calls) {
  struct sockaddr_in address;
  struct timing timing = {0};
  int fd = bound(&address);
  start(&timing);
  for (int i = 0; i < calls; i++) must(listen(fd, 16 + (i & 1)), "listen");
  stop(&timing);
  print("listen", &timing, calls);
  close(fd);
}

static void measure_accept(int calls) {
  struct sockaddr_in address, peer;
  struct timing timing = {0};
  int clients[BATCH], servers[BATCH];
  int fd = bound(&address);
  must(listen(fd, BATCH), "listen");
  for (int done = 0; done < calls; done += BATCH) {
    for (int i = 0; i < BATCH; i++) clients[i] = connected(&address);
    start(&timing);
    for (int i = 0; i < BATCH; i++) {
      socklen_t length = sizeof peer;
      servers[i] = must(accept4(fd, (struct sockaddr *)&peer, &length, SOCK_CLOEXEC), "accept4");
    }
    stop(&timing);
    for (int i = 0; i < BATCH; i++) {
      reset(clients[i]);
      must(close(servers[i]), "close");
    }
  }
  print("accept", &timing, calls);
  close(fd);
}

static void measure_transfer(const char *over, int from, int to, int calls) {
  char data[MESSAGE] = {0}, buffer[MESSAGE], name[32];
  struct timing sending = {0}, receiving = {0};
  for (int done = 0; done < calls; done += BATCH) {
    start(&sending);
    for (int i = 0; i < BATCH; i++) must(send(from, data, sizeof data, MSG_NOSIGNAL), "send");
    stop(&sending);
    start(&receiving);
    for (int i = 0; i < BATCH; i++) must(recv(to, buffer, sizeof buffer, 0), "recv");
    stop(&receiving);
  }
  snprintf(name, sizeof name, "send, %s", over);
  print(name, &sending, calls);
  snprintf(name, sizeof name, "recv, %s", over);
  print(name, &receiving, calls);
}

static void measure_getsockopt(const char *name, int fd, int level, int option, socklen_t size, int calls) {
  char value[TCP_INFO_SIZE];
  struct timing timing = {0};
  start(&timing);
  for (int i = 0; i < calls; i++) {
    socklen_t length = size;
    must(getsockopt(fd, level, option, value, &length), "getsockopt");
  }
  stop(&timing);
  print(name, &timing, calls);
}

// A second thread makes each call slower: the kernel counts references to the descriptor (fdget in
// fs/file.c), and the C library makes send, recv and accept4 cancellation points.
static void *sleep_forever(void *argument) {
  pause();
  return argument;
}

int main(int argc, char **argv) {
  pthread_t thread;
  if (argc < 3) {
    fprintf(stderr, "usage: calls CALLS ACCEPTS [threads]\n");
    return 2;
  }
  if (argc > 3) must(-pthread_create(&thread, NULL, sleep_forever, NULL), "pthread_create");
  int calls = atoi(argv[1]), accepts = atoi(argv[2]);
  struct sockaddr_in address;
  int pair[2], listener = bound(&address);
  must(listen(listener, 1), "listen");
  must(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), "socketpair");
  int client = connected(&address);
  int server = must(accept4(listener, NULL, NULL, SOCK_CLOEXEC), "accept4");
  // Makes every send transmit: otherwise most would only append to a segment that Nagle's algorithm
  // holds back.
  must(setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int)), "setsockopt");

  measure_listen(calls);
  measure_accept(accepts);
  measure_transfer("unix", pair[0], pair[1], calls);
  measure_transfer("TCP", client, server, calls);
  measure_getsockopt("getsockopt, SO_REUSEADDR", client, SOL_SOCKET, SO_REUSEADDR, sizeof(int), calls);
  measure_getsockopt("getsockopt, TCP_INFO", client, IPPROTO_TCP, TCP_INFO, TCP_INFO_SIZE, calls);
  reset(client);
}
