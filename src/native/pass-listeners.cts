// `berkeley hold` makes every Node process it starts, such as npm and its children, load this first
// (`node --require` in NODE_OPTIONS). Node then treats inherited sockets as other programs do: the
// descriptors of LISTEN_FDS are inherited from program to program until one takes them and keeps
// them from its children, as listenersFromEnvironment() and sd_listen_fds(3) do. It is CommonJS,
// since --require loads it before programs of either kind, in every version of Node that npm may
// run on.
const { fstatSync }: typeof import("node:fs") = require("node:fs");
const { isMainThread }: typeof import("node:worker_threads") = require("node:worker_threads");

/** Above standard error (sd_listen_fds(3)). */
const FIRST_DESCRIPTOR = 3;

/**
 * Whether the descriptors from 3 on are the sockets that were handed out, and not reused numbers.
 */
function isHanded(inodes: readonly string[]): boolean {
  try {
    return inodes.every((inode, index) => {
      const file = fstatSync(FIRST_DESCRIPTOR + index, { bigint: true });
      return file.isSocket() && file.ino === BigInt(inode);
    });
  } catch {
    return false;
  }
}

/**
 * Node sets close-on-exec on every inherited descriptor beyond standard error
 * (uv_disable_stdio_inheritance), so a program that npm starts would not get it. If koffi does not
 * load, the descriptors end here.
 */
function letInherit(count: number): void {
  // FIONCLEX of asm-generic/ioctls.h; of sys/filio.h: _IO('f', 2).
  const request = process.platform === "linux" ? 0x5450 : 0x20006602;
  try {
    // Loaded here, so that processes without these descriptors do not pay for it.
    const koffi: typeof import("koffi") = require("koffi");
    const ioctl = koffi.load(null).func("int ioctl(int fd, unsigned long request)");
    for (let fd = FIRST_DESCRIPTOR; fd < FIRST_DESCRIPTOR + count; fd++) ioctl(fd, request);
  } catch {}
}

const { BERKELEY_HOLD: handed, LISTEN_FDS: count } = process.env;
if (isMainThread && handed !== undefined && count !== undefined) {
  const inodes = handed.split(",");
  if (inodes.length === Number(count) && isHanded(inodes)) {
    // With --no-pid there is none.
    if (process.env.LISTEN_PID !== undefined) process.env.LISTEN_PID = `${process.pid}`;
    letInherit(inodes.length);
  }
}
