// Datagrams over loopback in C: the same work as bench/datagrams-here.mjs, and the other end of
// every measurement.
//
//   datagrams send plain|segmented SIZE MILLISECONDS PORT
//   datagrams receive plain|segmented SIZE MILLISECONDS
//
// `segmented` is UDP_SEGMENT and UDP_GRO. A receiver prints its port first. The last line has the
// figures since the warm-up; with 0 milliseconds, those until SIGTERM.
#define _GNU_SOURCE
#include "engine/program.h"
#include "engine/udp-offload.h"
#include <signal.h>
#include <stdbool.h>

// As in datagrams-here.mjs.
enum { BATCH = 64, MOST_BYTES = 65507, MOST_SEGMENTS = 64, WARM_UP = 200, RECEIVE_BUFFER = 4 << 20 };
static const long long MOST_DATAGRAMS = 1 << 25;
// No sender or receiver outlives this, whatever happens to the others.
enum { MOST_SECONDS_EACH = 20 };

static volatile sig_atomic_t stopped;

static void stop(int signal) {
  (void)signal;
  stopped = 1;
}

static double of(struct timeval time) { return time.tv_sec + time.tv_usec / 1e6; }

static struct mmsghdr messages[BATCH];
static struct iovec pieces[BATCH];
static char controls[BATCH][CMSG_SPACE(sizeof(int))];

// Sends a batch; returns how many datagrams that were, 0 if the receiver is gone.
static int send_batch(int fd, int size) {
  int sent = sendmmsg(fd, messages, BATCH, 0), datagrams = 0;
  if (sent < 0 && errno == ECONNREFUSED) return 0;
  must(sent, "sendmmsg");
  for (int i = 0; i < sent; i++) datagrams += messages[i].msg_len / size;
  return datagrams;
}

// The length of the datagrams that a message was merged from.
static int segment_size(struct msghdr *message) {
  for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c != NULL; c = CMSG_NXTHDR(message, c)) {
    if (c->cmsg_level == IPPROTO_UDP && c->cmsg_type == UDP_GRO) {
      int size;
      memcpy(&size, CMSG_DATA(c), sizeof size);
      return size;
    }
  }
  return 0;
}

// Receives a batch; returns how many datagrams that were, 0 if a signal ended the wait.
static int receive_batch(int fd, int size) {
  for (int i = 0; i < BATCH; i++) {
    messages[i].msg_hdr.msg_namelen = sizeof(struct sockaddr_in);
    messages[i].msg_hdr.msg_controllen = messages[i].msg_hdr.msg_control ? sizeof controls[i] : 0;
  }
  int received = recvmmsg(fd, messages, BATCH, MSG_WAITFORONE, NULL), datagrams = 0;
  if (received < 0 && errno == EINTR) return 0;
  must(received, "recvmmsg");
  for (int i = 0; i < received; i++) {
    int segment = messages[i].msg_hdr.msg_control ? segment_size(&messages[i].msg_hdr) : 0;
    int each = segment ? segment : (int)messages[i].msg_len;
    if (each != size) fail("a datagram of %d bytes", each);
    datagrams += messages[i].msg_len / size;
  }
  return datagrams;
}

static void measure(int (*batch)(int, int), int fd, int size, int milliseconds) {
  struct rusage before, after;
  long long datagrams = 0;
  if (milliseconds > 0)
    for (double end = seconds() + WARM_UP / 1e3; seconds() < end;) batch(fd, size);
  getrusage(RUSAGE_SELF, &before);
  double start = seconds(), now = start;
  while (!stopped && datagrams < MOST_DATAGRAMS) {
    int more = batch(fd, size);
    if (more == 0) break;
    datagrams += more;
    now = seconds();
    if (milliseconds > 0 && now >= start + milliseconds / 1e3) break;
  }
  getrusage(RUSAGE_SELF, &after);
  printf("{\"datagrams\":%lld,\"seconds\":%.9f,\"user\":%.6f,\"system\":%.6f}\n", datagrams, now - start,
         of(after.ru_utime) - of(before.ru_utime), of(after.ru_stime) - of(before.ru_stime));
}

int main(int argc, char **argv) {
  if (argc < 5) return 2;
  bool sends = strcmp(argv[1], "send") == 0, segmented = strcmp(argv[2], "segmented") == 0;
  int size = atoi(argv[3]), milliseconds = atoi(argv[4]);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  struct sigaction action = {.sa_handler = stop};
  static struct sockaddr_in senders[BATCH];
  sigaction(SIGTERM, &action, NULL);
  alarm(MOST_SECONDS_EACH);
  int fd = must(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), "socket");
  int segments = MOST_BYTES / size < MOST_SEGMENTS ? MOST_BYTES / size : MOST_SEGMENTS;
  int length = sends ? (segmented ? segments * size : size) : (segmented ? 1 << 16 : 2048);
  // Untouched zeroed pages all share one page, which stays in the cache; real programs have real
  // data.
  char *data = malloc((size_t)BATCH * length);
  memset(data, 1, (size_t)BATCH * length);
  for (int i = 0; i < BATCH; i++) {
    pieces[i] = (struct iovec){data + (size_t)i * length, length};
    messages[i].msg_hdr = (struct msghdr){.msg_iov = &pieces[i], .msg_iovlen = 1};
    if (sends) continue;
    messages[i].msg_hdr.msg_name = &senders[i];
    if (segmented) messages[i].msg_hdr.msg_control = controls[i];
  }
  if (sends) {
    address.sin_port = htons(atoi(argv[5]));
    must(connect(fd, (struct sockaddr *)&address, sizeof address), "connect");
    if (segmented) must(setsockopt(fd, IPPROTO_UDP, UDP_SEGMENT, &size, sizeof size), "UDP_SEGMENT");
    measure(send_batch, fd, size, milliseconds);
  } else {
    socklen_t length = sizeof address;
    must(setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &(int){RECEIVE_BUFFER}, sizeof(int)), "SO_RCVBUF");
    if (segmented) must(setsockopt(fd, IPPROTO_UDP, UDP_GRO, &(int){1}, sizeof(int)), "UDP_GRO");
    must(bind(fd, (struct sockaddr *)&address, sizeof address), "bind");
    must(getsockname(fd, (struct sockaddr *)&address, &length), "getsockname");
    tell_port(ntohs(address.sin_port));
    measure(receive_batch, fd, size, milliseconds);
  }
}
