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
