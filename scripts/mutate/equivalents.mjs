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
