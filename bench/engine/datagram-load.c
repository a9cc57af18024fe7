// The load of bench/engine.mjs for datagrams.
//
//   datagram-load receive PORT PID SIZE PEERS MILLISECONDS
//       sends more than any server receives, in bursts from as many sockets; the server counts
//   datagram-load single PORT PID SIZE PEERS MILLISECONDS
//       the same, but with one call per datagram, and at most 300 000 a second
//   datagram-load echo PORT PID SIZE PEERS MILLISECONDS
//       one datagram in flight from each socket, or 64 from the only one; every byte that comes
//       back is compared
//
// A datagram of one byte requests the server's counts since the last request. Prints the figures
// since the warm-up, as load.c does, and how many datagrams were lost.
#define _GNU_SOURCE
#include "udp-offload.h"
#include "usage.h"
#include <poll.h>
#include <stdbool.h>
#include <sys/epoll.h>

enum { WARM_UP = 700, WARM_UP_REQUESTS = 100000, MOST_WARM_UP = 4000, IN_FLIGHT = 64, MOST_PEERS = 1024, LARGEST = 9000, SEND_BUFFER = 4 << 20 };
// Datagrams of a burst: from one peer, and from each of many.
enum { ALONE = 54, IN_TURN = 16 };
// Milliseconds after which a datagram counts as lost, and after which the server does.
enum { PATIENCE = 200, MOST_PATIENCE = 5000 };

struct datagram {
  // The first bytes of the datagram.
  long long number;
  double since;
};

static int port, size, peers;
static int sockets[MOST_PEERS];
static struct datagram flying[MOST_PEERS > IN_FLIGHT ? MOST_PEERS : IN_FLIGHT];
static unsigned times[MOST_TIMES];
static long long requests, lost, numbers;
static double now;

static int open_peer(void) {
  struct sockaddr_in address = {
      .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons(port)};
  int fd = must(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), "socket");
  must(setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &(int){SEND_BUFFER}, sizeof(int)), "SO_SNDBUF");
  must(setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &(int){SEND_BUFFER}, sizeof(int)), "SO_RCVBUF");
  must(connect(fd, (struct sockaddr *)&address, sizeof address), "connect");
  return fd;
}

// Returns the server's counts. It answers after everything that was sent before.
static void ask(long long *count, long long *bytes) {
  int fd = open_peer();
  char text[64];
  for (double end = seconds() + MOST_PATIENCE / 1e3; seconds() < end;) {
    // The request is lost if the server's buffer is full.
    must(send(fd, "?", 1, 0), "send");
    if (must(poll(&(struct pollfd){.fd = fd, .events = POLLIN}, 1, 20), "poll") == 0) continue;
    ssize_t length = must(recv(fd, text, sizeof text - 1, 0), "recv");
    text[length] = 0;
    if (sscanf(text, "%lld %lld", count, bytes) != 2) fail("the server answered: %s", text);
    close(fd);
    return;
  }
  fail("the server does not tell what it counted");
}

static void flood(double end, char *data, int length) {
  while ((now = seconds()) < end)
    for (int peer = 0; peer < peers; peer++) must(send(sockets[peer], data, length, 0), "send");
}

static void measure_receiving(int pid, int milliseconds, int segments) {
  char *data = malloc((size_t)segments * size);
  memset(data, 1, (size_t)segments * size);
  for (int peer = 0; peer < peers; peer++)
    must(setsockopt(sockets[peer], IPPROTO_UDP, UDP_SEGMENT, &size, sizeof size), "UDP_SEGMENT");
  // JIT compilers count executions: on a busy host, a warm-up by time alone is not enough.
  long long count, bytes, warm = 0;
  for (double end = seconds() + MOST_WARM_UP / 1e3; seconds() < end && warm < WARM_UP_REQUESTS; warm += count) {
    flood(seconds() + WARM_UP / 1e3, data, segments * size);
    ask(&count, &bytes);
  }
  struct usage before = usage(pid);
  double start = seconds();
  flood(start + milliseconds / 1e3, data, segments * size);
  ask(&count, &bytes);
  double end = seconds();
  struct usage after = usage(pid);
  if (count == 0 || bytes != count * size) fail("the server counted %lld datagrams of %lld bytes", count, bytes);
  print_measurement(count, end - start, NULL, before, after);
}

static void write_datagram(char *bytes, long long number) {
  memset(bytes, number & 0xff, size);
  memcpy(bytes, &number, sizeof number);
}

static void send_new(int fd, int index) {
  char bytes[LARGEST];
  flying[index] = (struct datagram){.number = numbers++, .since = now};
  write_datagram(bytes, flying[index].number);
  if (must(send(fd, bytes, size, 0), "send") != size) fail("a datagram was cut");
}

// The index of the datagram that came back; -1 if it counted as lost.
static int arrived(const char *bytes, ssize_t length, int first, int count) {
  char expected[LARGEST];
  long long number;
  if (length != size) fail("a datagram of %zd bytes came back", length);
  memcpy(&number, bytes, sizeof number);
  write_datagram(expected, number);
  if (memcmp(bytes, expected, size) != 0) fail("the server sent a wrong byte");
  for (int index = first; index < first + count; index++) {
    if (flying[index].number != number) continue;
    times[requests++ % MOST_TIMES] = (now - flying[index].since) * 1e9;
    return index;
  }
  return -1;
}

// Sends lost datagrams again.
static void send_lost(int count) {
  static double again;
  if (now < again) return;
  again = now + PATIENCE / 1e3;
  for (int index = 0; index < count; index++) {
    if (now < flying[index].since + PATIENCE / 1e3) continue;
    lost++;
    send_new(sockets[peers == 1 ? 0 : index], index);
  }
}

static void turn_alone(void) {
  static char data[IN_FLIGHT][LARGEST], fresh[IN_FLIGHT][LARGEST];
  static struct mmsghdr messages[IN_FLIGHT], answers[IN_FLIGHT];
  static struct iovec pieces[IN_FLIGHT], to_send[IN_FLIGHT];
  for (int i = 0; i < IN_FLIGHT; i++) {
    pieces[i] = (struct iovec){data[i], LARGEST};
    messages[i].msg_hdr = (struct msghdr){.msg_iov = &pieces[i], .msg_iovlen = 1};
  }
  int received = recvmmsg(sockets[0], messages, IN_FLIGHT, MSG_WAITFORONE, NULL);
  now = seconds();
  if (received < 0 && errno != EAGAIN) fail("recvmmsg: %s", strerror(errno));
  int sending = 0;
  for (int i = 0; i < received; i++) {
    int index = arrived(data[i], messages[i].msg_len, 0, IN_FLIGHT);
    if (index < 0) continue;
    flying[index] = (struct datagram){.number = numbers++, .since = now};
    write_datagram(fresh[sending], flying[index].number);
    to_send[sending] = (struct iovec){fresh[sending], size};
    answers[sending].msg_hdr = (struct msghdr){.msg_iov = &to_send[sending], .msg_iovlen = 1};
    sending++;
  }
  for (int sent = 0; sent < sending;)
    sent += must(sendmmsg(sockets[0], answers + sent, sending - sent, 0), "sendmmsg");
  send_lost(IN_FLIGHT);
}

static void turn_of_many(int epoll) {
  struct epoll_event events[MOST_PEERS];
  int count = must(epoll_wait(epoll, events, MOST_PEERS, PATIENCE), "epoll_wait");
  now = seconds();
  for (int i = 0; i < count; i++) {
    char bytes[LARGEST];
    int peer = events[i].data.u32;
    ssize_t length = recv(sockets[peer], bytes, sizeof bytes, MSG_DONTWAIT);
    if (length < 0 && errno == EAGAIN) continue;
    must(length, "recv");
    if (arrived(bytes, length, peer, 1) >= 0) send_new(sockets[peer], peer);
  }
  send_lost(peers);
}

static void echo_until(double end, int epoll) {
  long long answered = requests;
  double silent = now;
  while (now < end) {
    if (peers == 1)
      turn_alone();
    else
      turn_of_many(epoll);
    if (requests != answered) silent = now;
    answered = requests;
    if (now > silent + MOST_PATIENCE / 1e3) fail("no answer for %d seconds", MOST_PATIENCE / 1000);
  }
}

static void measure_echo(int pid, int milliseconds) {
  int epoll = must(epoll_create1(EPOLL_CLOEXEC), "epoll_create1");
  for (int peer = 0; peer < peers; peer++) {
    struct epoll_event event = {.events = EPOLLIN, .data.u32 = peer};
    must(epoll_ctl(epoll, EPOLL_CTL_ADD, sockets[peer], &event), "epoll_ctl");
  }
  struct timeval patience = {.tv_usec = PATIENCE * 1000};
  must(setsockopt(sockets[0], SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience), "SO_RCVTIMEO");
  now = seconds();
  for (int index = 0; index < (peers == 1 ? IN_FLIGHT : peers); index++)
    send_new(sockets[peers == 1 ? 0 : index], index);
  for (double end = now + MOST_WARM_UP / 1e3; now < end && requests < WARM_UP_REQUESTS;)
    echo_until(now + WARM_UP / 1e3, epoll);
  struct usage before = usage(pid);
  double start = now = seconds();
  requests = lost = 0;
  echo_until(start + milliseconds / 1e3, epoll);
  struct usage after = usage(pid);
  if (requests == 0) fail("no datagram came back in %d milliseconds", milliseconds);
  if (lost > requests / 1000) fail("%lld of %lld datagrams were lost", lost, requests);
  print_measurement(requests, now - start, times, before, after);
}

int main(int argc, char **argv) {
  if (argc < 7) return 2;
  int pid = atoi(argv[3]), milliseconds = atoi(argv[6]);
  port = atoi(argv[2]);
  size = atoi(argv[4]);
  peers = atoi(argv[5]);
  if (size < (int)sizeof(long long) || size > LARGEST || peers < 1 || peers > MOST_PEERS) return 2;
  start_program();
  for (int peer = 0; peer < peers; peer++) sockets[peer] = open_peer();
  if (strcmp(argv[1], "receive") == 0)
    measure_receiving(pid, milliseconds, peers == 1 ? ALONE : IN_TURN);
  else if (strcmp(argv[1], "single") == 0)
    measure_receiving(pid, milliseconds, 1);
  else
    measure_echo(pid, milliseconds);
}
