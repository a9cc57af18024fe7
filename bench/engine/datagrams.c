// A server for datagrams, with recvmmsg() and sendmmsg().
//
//   datagrams [gro] receive|echo
//
// Counts what it receives, and with `echo` sends it back. A datagram of one byte requests the
// counts. With `gro`, the system merges datagrams of one sender (UDP_GRO), and splits the answers
// again (UDP_SEGMENT).
#define _GNU_SOURCE
#include "program.h"
#include "udp-offload.h"
#include <stdbool.h>

enum { BATCH = 64, LARGEST = 1 << 16, ORDINARY = 2048, RECEIVE_BUFFER = 4 << 20 };

static struct mmsghdr messages[BATCH], answers[BATCH];
static struct iovec pieces[BATCH];
static struct sockaddr_in senders[BATCH];
static char controls[BATCH][CMSG_SPACE(sizeof(int))];
static long long count, bytes;

static bool is_echo, merges;

// The length of the datagrams that a message was merged from; the message's own if it was not.
static int segment_size(struct msghdr *message, int length) {
  for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c != NULL; c = CMSG_NXTHDR(message, c)) {
    if (c->cmsg_level != IPPROTO_UDP || c->cmsg_type != UDP_GRO) continue;
    int size;
    memcpy(&size, CMSG_DATA(c), sizeof size);
    return size;
  }
  return length;
}

static void answer_count(int fd, struct msghdr *message) {
  char text[64];
  int length = snprintf(text, sizeof text, "%lld %lld", count, bytes);
  must(sendto(fd, text, length, 0, message->msg_name, message->msg_namelen), "sendto");
  count = bytes = 0;
}

// The answer to a message: the same bytes, split as they were.
static void prepare_answer(struct mmsghdr *answer, struct mmsghdr *message, int size) {
  struct msghdr *header = &answer->msg_hdr;
  *header = message->msg_hdr;
  header->msg_iov->iov_len = message->msg_len;
  if (size == (int)message->msg_len) {
    header->msg_control = NULL;
    header->msg_controllen = 0;
    return;
  }
  struct cmsghdr *control = header->msg_control;
  header->msg_controllen = CMSG_SPACE(sizeof(uint16_t));
  *control = (struct cmsghdr){
      .cmsg_level = IPPROTO_UDP, .cmsg_type = UDP_SEGMENT, .cmsg_len = CMSG_LEN(sizeof(uint16_t))};
  *(uint16_t *)CMSG_DATA(control) = size;
}

static void turn(int fd) {
  int to_answer = 0, room = merges ? LARGEST : ORDINARY;
  for (int i = 0; i < BATCH; i++) {
    messages[i].msg_hdr.msg_namelen = sizeof *senders;
    messages[i].msg_hdr.msg_control = merges ? controls[i] : NULL;
    messages[i].msg_hdr.msg_controllen = merges ? sizeof controls[i] : 0;
    pieces[i].iov_len = room;
  }
  int received = must(recvmmsg(fd, messages, BATCH, MSG_WAITFORONE, NULL), "recvmmsg");
  for (int i = 0; i < received; i++) {
    int length = messages[i].msg_len;
    if (length == 1) {
      answer_count(fd, &messages[i].msg_hdr);
      continue;
    }
    int size = merges ? segment_size(&messages[i].msg_hdr, length) : length;
    for (int rest = length; rest > 0; rest -= size) {
      count++;
      bytes += rest < size ? rest : size;
    }
    if (is_echo) prepare_answer(&answers[to_answer++], &messages[i], size);
  }
  for (int sent = 0; sent < to_answer;)
    sent += must(sendmmsg(fd, answers + sent, to_answer - sent, 0), "sendmmsg");
}

int main(int argc, char **argv) {
  if (argc < 2) return 2;
  is_echo = strcmp(argv[argc - 1], "echo") == 0;
  merges = strcmp(argv[1], "gro") == 0;
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t length = sizeof address;
  start_program();
  for (int i = 0; i < BATCH; i++) {
    pieces[i].iov_base = malloc(merges ? LARGEST : ORDINARY);
    messages[i].msg_hdr = (struct msghdr){.msg_name = &senders[i], .msg_iov = &pieces[i], .msg_iovlen = 1};
  }
  int fd = must(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), "socket");
  must(setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &(int){RECEIVE_BUFFER}, sizeof(int)), "SO_RCVBUF");
  if (merges) must(setsockopt(fd, IPPROTO_UDP, UDP_GRO, &(int){1}, sizeof(int)), "UDP_GRO");
  must(bind(fd, (struct sockaddr *)&address, sizeof address), "bind");
  must(getsockname(fd, (struct sockaddr *)&address, &length), "getsockname");
  tell_port(ntohs(address.sin_port));
  for (;;) turn(fd);
}
