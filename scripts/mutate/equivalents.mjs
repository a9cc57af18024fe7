// Mutations that no test can tell from the original, each with the reason. `code` is the line of
// dist/ that is mutated. Without `original` and `text` it is every mutation of that line.
const equivalents = [
  {
    source: "src/posix/socketpair.ts",
    code: "const [left = -1, right = -1] = fds;",
    why: "an array of two has both, so the defaults are for the compiler alone",
  },
  {
    source: "src/posix/connect.ts",
    code: 'return "Unexpected";',
    original: 'return "Unexpected";',
    text: "return;",
    why: "ask() is called only for codes of several names, and each has a case",
  },
  {
    source: "src/posix/accept-queue.ts",
    code: "return fd < 0 ? undefined : system.acceptQueue(fd);",
    original: "fd < 0",
    text: "false",
    why: "the system tells nothing of descriptor -1, after one call more",
  },
  {
    source: "src/posix/recvmmsg.ts",
    code: "if (earlier === undefined)",
    original: "===",
    text: "!==",
    why: "the headers are made anew each time, which costs time alone",
  },
  {
    source: "src/posix/borrow.ts",
    code: 'const fd = typeof handle === "object" && handle !== null && "fd" in handle ? handle.fd : undefined;',
    original: 'typeof handle === "object" && handle !== null && "fd" in handle',
    text: "true",
    why: "of what is no object, or has no fd, the property is undefined as well; null has gone before",
  },
  {
    source: "src/engine/readiness/stream.ts",
    code: "else this.#queue(sent > 0 ? partOf(bytes, sent, length) : bytes);",
    original: ">",
    text: ">=",
    why: "the part from 0 on is all of it",
  },
  {
    source: "src/engine/readiness/datagrams.ts",
    code: "#failed = 0;",
    original: "0",
    text: "1",
    why: "only a negative number is a failure",
  },
  {
    source: "src/engine/uring/stream.ts",
    code: "this.#preparing = true;",
    original: "true",
    text: "false",
    why: "it is prepared twice, and finds itself sending the second time",
  },
  {
    source: "src/engine/readiness/stream.ts",
    code: "if (sent === errors.wouldBlock || (sent >= 0 && sent < bytes.length)) {",
    original: "0",
    text: "1",
    why: "the system never takes none of some bytes",
  },
  {
    source: "src/engine/readiness/cork.ts",
    code: "const SLOTS = 32;",
    original: "32",
    text: "33",
    why: "it changes when bytes are sent, and not which",
  },
  {
    source: "src/engine/uring/sqe.ts",
    code: "words[at + OFF_HIGH] = 0;",
    why: "the ring's memory is zero at first, and no entry sets it",
  },
  {
    source: "src/engine/uring/receive-buffers.ts",
    code: "if (this.#published === this.#tail)",
    original: "this.#published === this.#tail",
    text: "false",
    why: "the same tail is stored again, which costs time alone",
  },
  {
    source: "src/engine/uring/tick.ts",
    code: "#ticksFirst = false;",
    original: "false",
    text: "true",
    why: "the first turn ends after one round, and the next goes on",
  },
  {
    source: "src/engine/uring/stream.ts",
    code: "if (sent < 0 && sent !== -EAGAIN)",
    original: "<",
    text: "<=",
    why: "the system never takes none of some bytes",
  },
  {
    source: "src/engine/readiness/stream-receiver.ts",
    code: 'if (this.#receiving === "waiting" && this.failed === 0)',
    original: '"waiting"',
    text: '""',
    why: "the next call finds that nothing is left, which costs time alone",
  },
  {
    source: "src/engine/shutdown.ts",
    code: "#result = 0;",
    original: "0",
    text: "1",
    why: "it is read only after it was set",
  },
  {
    source: "src/engine/uring/datagrams.ts",
    code: "const RECEIVE = 2;",
    original: "2",
    text: "3",
    why: "it only tells a handle's operations apart, and none has the number 3",
  },
  {
    source: "src/engine/uring/receive-buffers.ts",
    code: "this.publish();",
    original: "this.publish();",
    text: ";",
    why: "each round ends with it as well, before entries are submitted",
  },
  {
    source: "src/engine/uring/datagrams.ts",
    code: "if (this.stopped || this.#sends.length > 0 || length > LONGEST_DATAGRAM)",
    original: "this.stopped || this.#sends.length > 0 || length > LONGEST_DATAGRAM",
    text: "true",
    why: "it is then sent with an operation, which costs time alone",
  },
  {
    source: "src/engine/uring/stream.ts",
    code: "if (sent > 0)",
    original: ">",
    text: ">=",
    why: "taking none of the bytes changes nothing",
  },
  {
    source: "src/engine/uring/sqe.ts",
    code: "return this.words[this.at + word] ?? 0;",
    original: "0",
    text: "1",
    why: "the word is always within the ring",
  },
  {
    source: "src/engine/readiness/connect.ts",
    code: "if (this.#watched)",
    original: "this.#watched",
    text: "true",
    why: "the queue ignores a descriptor that it does not watch",
  },
  {
    source: "src/engine/uring/tick.ts",
    code: "return true;",
    original: "true",
    text: "false",
    why: "it is then sent with an operation, which costs time alone",
  },
  {
    source: "src/engine/uring/ring.ts",
    code: "if (opened >= 0)",
    original: "opened >= 0",
    text: "true",
    why: "closing descriptor -1 fails, and nobody looks at it",
  },
  {
    source: "src/engine/uring/ring.ts",
    code: "if (this.#waiting.length > 0)",
    original: "this.#waiting.length > 0",
    text: "true",
    why: "the next entry then waits until the ring is entered, as others do",
  },
  {
    source: "src/engine/uring/ring.ts",
    code: "let head = ring[completionHead] ?? 0;",
    original: "0",
    text: "1",
    why: "the word is always within the ring",
  },
  {
    source: "src/engine/readiness/acceptor.ts",
    code: "if (this.#readable || returned < 0)",
    original: "0",
    text: "1",
    why: "neither is a failure",
  },
  {
    source: "src/engine/readiness/datagrams.ts",
    code: "if (ready & READABLE) {",
    original: "ready & READABLE",
    text: "true",
    why: "receiving finds nothing, which costs time alone",
  },
  {
    source: "src/engine/write-text.ts",
    code: "return written > 0 && written <= most ? written : 0;",
    original: ">",
    text: ">=",
    why: "it is 0 either way",
  },
  {
    source: "src/engine/uring/sqe.ts",
    code: "prep(sqe, IORING.OP_NOP, -1, 0, 0, 0, 0, 0, 0);",
    original: "0",
    text: "1",
    why: "IORING_OP_NOP ignores it",
  },
  {
    source: "src/engine/readiness/stream.ts",
    code: "if (sent >= 0 || sent === errors.wouldBlock)",
    original: ">=",
    text: ">",
    why: "the system never takes none of some bytes",
  },
];

/** The reason why a mutation changes nothing; undefined for any other. */
export function equivalentTo({ source, code, operator, original, text, compilers }) {
  if (compilers) return "it is code of the compiler's";
  // undefined either way.
  if (operator === "return" && /^return (undefined|void 0);$/.test(original)) return "it returns the same";
  return equivalents.find(
    (each) =>
      each.source === source &&
      each.code === code &&
      (each.original ?? original) === original &&
      (each.text ?? text) === text,
  )?.why;
}
