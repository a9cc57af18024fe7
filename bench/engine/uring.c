// An echo server in C on io_uring: multishot accept, multishot receive into a ring of provided
// buffers, and sends from them. It calls the kernel directly, so it needs no library; liburing does
// the same.
#define _GNU_SOURCE
#include "program.h"
#include <linux/io_uring.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/syscall.h>

enum { ENTRIES = 4096, COMPLETIONS = 16384, BUFFERS = 2048, BUFFER = 16 << 10, MOST_DESCRIPTORS = 65536, NONE = 0xffff };
enum operation { ACCEPT, RECEIVE, SEND, CLOSE };

static int ring;
static unsigned *sq_head, *sq_tail, *cq_head, *cq_tail, sq_mask, cq_mask, tail, pending;
static struct io_uring_sqe *sqes;
static struct io_uring_cqe *cqes;

static struct io_uring_buf_ring *provided;
static char *buffers;

// Pieces that a connection has to send, in order: one send is in flight, since two may overtake
// each other.
static struct { uint16_t first, last; bool ended; } connections[MOST_DESCRIPTORS];
static struct { uint16_t next; int offset, length; } pieces[BUFFERS];

static void *mapped(size_t length, int fd, off_t offset) {
  int flags = fd < 0 ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_SHARED | MAP_POPULATE;
  void *memory = mmap(NULL, length, PROT_READ | PROT_WRITE, flags, fd, offset);
  if (memory == MAP_FAILED) fail("mmap: %s", strerror(errno));
  return memory;
}

static void enter(unsigned wait) {
  __atomic_store_n(sq_tail, tail, __ATOMIC_RELEASE);
  int submitted = syscall(SYS_io_uring_enter, ring, pending, wait, IORING_ENTER_GETEVENTS, NULL, 0);
  if (submitted < 0 && errno != EINTR) fail("io_uring_enter: %s", strerror(errno));
  if (submitted > 0) pending -= submitted;
}

// The next entry of the submission queue. `index` is the descriptor, or the buffer for a send.
static struct io_uring_sqe *prepare(enum operation operation, int opcode, int fd, unsigned index) {
  if (tail - __atomic_load_n(sq_head, __ATOMIC_ACQUIRE) == ENTRIES) enter(0);
  struct io_uring_sqe *sqe = &sqes[tail++ & sq_mask];
  pending++;
  memset(sqe, 0, sizeof *sqe);
  sqe->opcode = opcode;
  sqe->fd = fd;
  sqe->user_data = (uint64_t)operation << 48 | (uint64_t)index << 32 | (unsigned)fd;
  return sqe;
}

static void provide(unsigned buffer) {
  struct io_uring_buf *entry = &provided->bufs[provided->tail & (BUFFERS - 1)];
  entry->addr = (uintptr_t)(buffers + (size_t)buffer * BUFFER);
  entry->len = BUFFER;
  entry->bid = buffer;
  __atomic_store_n(&provided->tail, provided->tail + 1, __ATOMIC_RELEASE);
}

static void accept_all(int listener) {
  struct io_uring_sqe *sqe = prepare(ACCEPT, IORING_OP_ACCEPT, listener, 0);
  sqe->ioprio = IORING_ACCEPT_MULTISHOT;
  sqe->accept_flags = SOCK_CLOEXEC;
}

static void receive(int fd) {
  struct io_uring_sqe *sqe = prepare(RECEIVE, IORING_OP_RECV, fd, 0);
  sqe->ioprio = IORING_RECV_MULTISHOT;
  sqe->flags = IOSQE_BUFFER_SELECT;
}

static void send_piece(int fd, unsigned buffer) {
  struct io_uring_sqe *sqe = prepare(SEND, IORING_OP_SEND, fd, buffer);
  sqe->addr = (uintptr_t)(buffers + (size_t)buffer * BUFFER + pieces[buffer].offset);
  sqe->len = pieces[buffer].length;
  sqe->msg_flags = MSG_NOSIGNAL | MSG_WAITALL;
}

static void close_if_done(int fd) {
  if (connections[fd].ended && connections[fd].first == NONE) prepare(CLOSE, IORING_OP_CLOSE, fd, 0);
}

static void accepted(int fd) {
  if (fd >= MOST_DESCRIPTORS) fail("descriptor %d", fd);
  connections[fd].first = connections[fd].last = NONE;
  connections[fd].ended = false;
  receive(fd);
}

static void received(int fd, int result, unsigned flags) {
  if (result == -ENOBUFS) {
    receive(fd);
    return;
  }
  if (result <= 0) {
    connections[fd].ended = true;
    close_if_done(fd);
    return;
  }
  unsigned buffer = flags >> IORING_CQE_BUFFER_SHIFT;
  pieces[buffer].next = NONE;
  pieces[buffer].offset = 0;
  pieces[buffer].length = result;
  if (connections[fd].first == NONE) {
    connections[fd].first = buffer;
    send_piece(fd, buffer);
  } else {
    pieces[connections[fd].last].next = buffer;
  }
  connections[fd].last = buffer;
  if (!(flags & IORING_CQE_F_MORE)) receive(fd);
}

// On a reset connection every send fails, which returns its pieces one by one.
static void sent(int fd, unsigned buffer, int result) {
  if (result >= 0 && result < pieces[buffer].length) {
    pieces[buffer].offset += result;
    pieces[buffer].length -= result;
    send_piece(fd, buffer);
    return;
  }
  provide(buffer);
  connections[fd].first = pieces[buffer].next;
  if (connections[fd].first != NONE) send_piece(fd, connections[fd].first);
  else close_if_done(fd);
}

static void complete(const struct io_uring_cqe *cqe) {
  int fd = (int)cqe->user_data;
  switch ((enum operation)(cqe->user_data >> 48)) {
    case ACCEPT:
      if (cqe->res >= 0) accepted(cqe->res);
      else if (cqe->res != -ECONNABORTED) fail("accept: %s", strerror(-cqe->res));
      if (!(cqe->flags & IORING_CQE_F_MORE)) accept_all(fd);
      break;
    case RECEIVE:
      received(fd, cqe->res, cqe->flags);
      break;
    case SEND:
      sent(fd, cqe->user_data >> 32 & 0xffff, cqe->res);
      break;
    case CLOSE:
      break;
  }
}

static void set_up(void) {
  struct io_uring_params params = {
      .flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_CQSIZE,
      .cq_entries = COMPLETIONS,
  };
  ring = must(syscall(SYS_io_uring_setup, ENTRIES, &params), "io_uring_setup");
  char *sq = mapped(params.sq_off.array + ENTRIES * sizeof(unsigned), ring, IORING_OFF_SQ_RING);
  char *cq = mapped(params.cq_off.cqes + COMPLETIONS * sizeof *cqes, ring, IORING_OFF_CQ_RING);
  sqes = mapped(ENTRIES * sizeof *sqes, ring, IORING_OFF_SQES);
  sq_head = (unsigned *)(sq + params.sq_off.head);
  sq_tail = (unsigned *)(sq + params.sq_off.tail);
  sq_mask = *(unsigned *)(sq + params.sq_off.ring_mask);
  cq_head = (unsigned *)(cq + params.cq_off.head);
  cq_tail = (unsigned *)(cq + params.cq_off.tail);
  cq_mask = *(unsigned *)(cq + params.cq_off.ring_mask);
  cqes = (struct io_uring_cqe *)(cq + params.cq_off.cqes);
  for (unsigned i = 0; i < ENTRIES; i++) ((unsigned *)(sq + params.sq_off.array))[i] = i;

  provided = mapped(BUFFERS * sizeof *provided->bufs, -1, 0);
  buffers = mapped((size_t)BUFFERS * BUFFER, -1, 0);
  struct io_uring_buf_reg group = {.ring_addr = (uintptr_t)provided, .ring_entries = BUFFERS};
  must(syscall(SYS_io_uring_register, ring, IORING_REGISTER_PBUF_RING, &group, 1), "io_uring_register");
  for (unsigned buffer = 0; buffer < BUFFERS; buffer++) provide(buffer);
}

int main(void) {
  start_program();
  set_up();
  accept_all(listen_on_loopback(0));
  for (;;) {
    enter(1);
    unsigned head = *cq_head, end = __atomic_load_n(cq_tail, __ATOMIC_ACQUIRE);
    for (; head != end; head++) complete(&cqes[head & cq_mask]);
    __atomic_store_n(cq_head, head, __ATOMIC_RELEASE);
  }
}
