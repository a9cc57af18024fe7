// The load of bench/engine.mjs: clients of an echo server, which check every byte that comes back.
//
//   load echo PORT PID SIZE CONNECTIONS MILLISECONDS
//       one message of SIZE bytes in flight on each of CONNECTIONS
//   load connections PORT PID SIZE CONNECTIONS MILLISECONDS
//       each connection carries one message; CONNECTIONS are open at once
//   load idle PORT PID SIZE CONNECTIONS
//       each carries one message, and all stay open until input ends
//
// A further argument, REQUESTS, ends the measurement after that many.
//
// Prints the figures since the warm-up: requests, seconds, the quantiles of a request's time in
// nanoseconds, and how many seconds the server's process and this one had the processor. `idle`
// prints how many connections are open. Compiled with -DTLS, it speaks TLS, with a full handshake
// for each connection, and accepts any certificate. Any failure ends it with a message: a wrong
// byte, a lost connection, no response for a while.
#define _GNU_SOURCE
#include "usage.h"
#include <fcntl.h>
#include <stdbool.h>
#include <sys/epoll.h>
#ifdef TLS
#include <openssl/err.h>
#include <openssl/ssl.h>
#endif

enum { WARM_UP = 700, WARM_UP_REQUESTS = 20000, MOST_WARM_UP = 4000, PATIENCE = 5000, EVENTS = 1024, BUFFER = 64 << 10, SOURCES = 250 };
enum { MOST_CONNECTIONS = 16384, MOST_REQUESTS = 1 << 26 };

// Bytes that look random: each message is a piece of them that begins elsewhere, so no two are
// alike.
enum { BEGINNINGS = 1 << 16, MOST_SIZE = 1 << 16 };
static unsigned char contents[BEGINNINGS + MOST_SIZE];

struct connection {
  int fd;
  unsigned beginning;
  int received;
  bool sent;
  // The events to wait for until the message is sent.
  unsigned awaited;
  double since;
#ifdef TLS
  SSL *tls;
#endif
};

static struct connection connections[MOST_CONNECTIONS];
static unsigned times[MOST_TIMES];
static int epoll, port, size;
static double now;
static long long requests;

static void fill_contents(void) {
  unsigned state = 1;
  for (size_t i = 0; i < sizeof contents; i++) {
    state = state * 1664525 + 1013904223;
    contents[i] = state >> 24;
  }
}

static void watch(struct connection *connection, int how, unsigned events) {
  struct epoll_event event = {.events = events, .data.ptr = connection};
  must(epoll_ctl(epoll, how, connection->fd, &event), "epoll_ctl");
}

#ifdef TLS
static SSL_CTX *tls;

static void start_protocol(void) {
  tls = SSL_CTX_new(TLS_client_method());
  if (tls == NULL) fail("SSL_CTX_new failed");
  SSL_CTX_set_session_cache_mode(tls, SSL_SESS_CACHE_OFF);
}

static void open_protocol(struct connection *connection) {
  connection->tls = SSL_new(tls);
  if (connection->tls == NULL || SSL_set_fd(connection->tls, connection->fd) != 1) fail("SSL_new failed");
  SSL_set_connect_state(connection->tls);
}

static void close_protocol(struct connection *connection) { SSL_free(connection->tls); }

// The result of a call, as send() and recv() return it.
static ssize_t outcome(struct connection *connection, int returned) {
  if (returned > 0) return returned;
  int error = SSL_get_error(connection->tls, returned);
  if (error == SSL_ERROR_ZERO_RETURN) return 0;
  if (error == SSL_ERROR_SSL) fail("TLS: %s", ERR_error_string(ERR_get_error(), NULL));
  if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) {
    connection->awaited = error == SSL_ERROR_WANT_READ ? EPOLLIN : EPOLLOUT;
    errno = EAGAIN;
  }
  return -1;
}

static ssize_t put(struct connection *connection, const void *bytes, int length) {
  return outcome(connection, SSL_write(connection->tls, bytes, length));
}

static ssize_t take(struct connection *connection, void *buffer, int length) {
  return outcome(connection, SSL_read(connection->tls, buffer, length));
}
#else
static void start_protocol(void) {}
static void open_protocol(struct connection *connection) { connection->awaited = EPOLLOUT; }
static void close_protocol(struct connection *connection) { (void)connection; }

static ssize_t put(struct connection *connection, const void *bytes, int length) {
  return send(connection->fd, bytes, length, MSG_NOSIGNAL);
}

static ssize_t take(struct connection *connection, void *buffer, int length) {
  return recv(connection->fd, buffer, length, 0);
}
#endif

// Sends the next message; returns false until the connection is established.
static bool send_message(struct connection *connection) {
  unsigned beginning = (connection->beginning + 7919) % BEGINNINGS;
  ssize_t sent = put(connection, contents + beginning, size);
  if (sent < 0 && errno == EAGAIN) return false;
  if (sent != size) fail("send: %s", sent < 0 ? strerror(errno) : "a message did not fit the socket's buffer");
  connection->beginning = beginning;
  connection->received = 0;
  connection->sent = true;
  return true;
}

// Receives what has arrived; returns true when the message is complete.
static bool receive_message(struct connection *connection) {
  static unsigned char buffer[BUFFER];
  ssize_t received = take(connection, buffer, sizeof buffer);
  if (received < 0 && errno == EAGAIN) return false;
  if (received < 0) fail("recv: %s", strerror(errno));
  if (received == 0) fail("the server ended a connection");
  if (received > size - connection->received) fail("the server sent more than it was sent");
  if (memcmp(buffer, contents + connection->beginning + connection->received, received) != 0)
    fail("the server sent a wrong byte");
  connection->received += received;
  return connection->received == size;
}

// Over loopback a connection is established when connect() returns, unless the server's queue is
// full.
static void open_connection(struct connection *connection) {
  static unsigned opened;
  struct sockaddr_in address = {.sin_family = AF_INET};
  int fd = must(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), "socket");
  must(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int)), "TCP_NODELAY");
  // Ports of closed connections stay taken for a minute; several addresses provide enough ports.
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK + opened++ % SOURCES);
  must(setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &(int){1}, sizeof(int)), "IP_BIND_ADDRESS_NO_PORT");
  must(bind(fd, (struct sockaddr *)&address, sizeof address), "bind");
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  if (connect(fd, (struct sockaddr *)&address, sizeof address) < 0 && errno != EINPROGRESS)
    fail("connect: %s", strerror(errno));
  connection->fd = fd;
  connection->since = now;
  connection->sent = false;
  open_protocol(connection);
  watch(connection, EPOLL_CTL_ADD, send_message(connection) ? EPOLLIN : connection->awaited);
}

// Waits for events, counts complete messages and passes them to `answered`.
static void turn(void (*answered)(struct connection *)) {
  struct epoll_event events[EVENTS];
  int count = must(epoll_wait(epoll, events, EVENTS, PATIENCE), "epoll_wait");
  if (count == 0) fail("no answer for %d seconds, after %lld requests", PATIENCE / 1000, requests);
  now = seconds();
  for (int i = 0; i < count; i++) {
    struct connection *connection = events[i].data.ptr;
    if (!connection->sent) {
      watch(connection, EPOLL_CTL_MOD, send_message(connection) ? EPOLLIN : connection->awaited);
    } else if (receive_message(connection)) {
      times[requests++ % MOST_TIMES] = (now - connection->since) * 1e9;
      answered(connection);
    }
  }
}

static void send_again(struct connection *connection) {
  connection->since = now;
  if (!send_message(connection)) fail("a message did not fit the socket's buffer");
}

static void connect_again(struct connection *connection) {
  close_protocol(connection);
  close(connection->fd);
  open_connection(connection);
}

static void stay_idle(struct connection *connection) { (void)connection; }

static void measure(int pid, int milliseconds, int most, void (*again)(struct connection *)) {
  // JIT compilers count executions: on a busy host, a warm-up by time alone is not enough.
  double begin = now;
  while (now < begin + WARM_UP / 1e3 || (requests < WARM_UP_REQUESTS && now < begin + MOST_WARM_UP / 1e3)) turn(again);
  struct usage before = usage(pid);
  double start = seconds();
  requests = 0;
  while (now < start + milliseconds / 1e3 && requests < most) turn(again);
  double end = seconds();
  struct usage after = usage(pid);
  if (requests == 0) fail("no request was answered in %d milliseconds", milliseconds);
  print_measurement(requests, end - start, times, before, after);
}

// Opens this many connections, each with one message; only a few at a time, since a full queue
// makes a connection wait for a second.
static void open_all(int count) {
  enum { AT_A_TIME = 64 };
  for (int opened = 0; opened < count;) {
    int more = count - opened < AT_A_TIME ? count - opened : AT_A_TIME;
    for (int i = 0; i < more; i++) open_connection(&connections[opened++]);
    while (requests < opened) turn(stay_idle);
  }
}

int main(int argc, char **argv) {
  if (argc < 6) return 2;
  const char *mode = argv[1];
  int pid = atoi(argv[3]), count = atoi(argv[5]), milliseconds = argc > 6 ? atoi(argv[6]) : 0;
  port = atoi(argv[2]);
  size = atoi(argv[4]);
  if (size < 1 || size > MOST_SIZE || count < 1 || count > MOST_CONNECTIONS) return 2;
  start_program();
  start_protocol();
  fill_contents();
  epoll = must(epoll_create1(EPOLL_CLOEXEC), "epoll_create1");
  now = seconds();
  for (int i = 0; i < count; i++) connections[i].beginning = (unsigned)i * 104729 % BEGINNINGS;
  open_all(count);
  if (strcmp(mode, "idle") == 0) {
    printf("{\"open\":%d}\n", count);
    fflush(stdout);
    while (getchar() != EOF);
    return 0;
  }
  void (*again)(struct connection *) = strcmp(mode, "echo") == 0 ? send_again : connect_again;
  for (int i = 0; i < count; i++) again(&connections[i]);
  measure(pid, milliseconds, argc > 7 ? atoi(argv[7]) : MOST_REQUESTS, again);
}
