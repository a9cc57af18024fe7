// Failures of io_uring's own calls: at the start another engine takes over, later they are
// survived, or reported to everything open.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { type TestContext, test } from "node:test";
import { enginesHere } from "../../../test/engine/engines-here.ts";
import { ringsAreLocked } from "../../../test/engine/locked-rings.ts";
import { except } from "../../../test/platform.ts";
import { injecting, runProgram } from "../../../test/program.ts";

const program = new URL("./ring-lost.child.js", import.meta.url);
const elsewhere = except({ bun: "strace runs only on Node", deno: "strace runs only on Node" });

/**
 * libuv of newer Nodes has a ring of its own for epoll_ctl, and aborts if its io_uring_enter fails
 * for good (uv__epoll_ctl_flush in src/unix/linux.c): strace cannot tell the two rings apart.
 */
const libuvHasARing = Number.parseInt(process.versions.node, 10) >= 22;

/** Runs the program with failing calls; undefined if that is impossible. */
function injected(context: TestContext, injections: readonly string[]): string[] | undefined {
  const { error } = spawnSync("strace", ["-V"]);
  if (error !== undefined || enginesHere[0]?.name !== "uring") {
    context.skip(error === undefined ? "there is no io_uring here" : `cannot run strace: ${error.message}`);
    return undefined;
  }
  return runProgram(program, { under: injecting(...injections) })
    .trim()
    .split("\n");
}

test("ring: readiness takes over after any failure at the start", elsewhere, (context) => {
  for (const injection of [
    ...["ENOMEM", "EOPNOTSUPP", "EIO", "EPERM", "ENOSYS"].map((code) => `io_uring_setup:error=${code}`),
    ...["ENOMEM", "EPERM", "ENOSYS"].map((code) => `io_uring_register:error=${code}`),
    // The second and third register the buffers.
    ...[2, 3].map((call) => `io_uring_register:error=ENOMEM:when=${call}+`),
    ...(libuvHasARing ? [] : ["EPERM", "ENOSYS"].map((code) => `io_uring_enter:error=${code}`)),
  ]) {
    const told = injected(context, [injection]);
    if (told === undefined) return;
    const [, call, code] = /^(\w+):error=(\w+)/.exec(injection) ?? [];
    assert.match(told[0] ?? "", /^readiness: io_uring is unavailable: /, injection);
    assert.ok(told[0]?.includes(`failed with ${code}`), `${call} ${told[0]}`);
    assert.equal(told[1], "echoed, served", injection);
  }
});

test("ring: survives a temporary failure of io_uring_enter", elsewhere, (context) => {
  for (const code of ["ENOMEM", "EAGAIN", "EBUSY", "EINTR"]) {
    for (const when of ["20", "20..40", "10..60+2"]) {
      const told = injected(context, [`io_uring_enter:error=${code}:when=${when}`]);
      if (told === undefined) return;
      assert.match(told[0] ?? "", /^uring: /);
      assert.equal(told[1], "echoed, served", `${code} ${when}`);
      assert.match(told[2] ?? "", /^uring: /);
    }
  }
});

test("ring: a permanent failure of io_uring_enter ends everything open with it", elsewhere, (context) => {
  if (libuvHasARing) return context.skip("libuv of this Node also has a ring, and aborts if its calls fail");
  // The last two are temporary at first.
  for (const code of ["EPERM", "EBADF", "ENOSYS", "EFAULT", "ENOMEM", "EBUSY"]) {
    const told = injected(context, [`io_uring_enter:error=${code}:when=20+`]);
    if (told === undefined) return;
    const [first = "", second = "", third = "", ...messages] = told;
    assert.match(first, /^uring: /);
    const events = second.split(", ").toSorted();
    assert.deepEqual(events, [
      `accept ${code}`,
      `client ${code}`,
      `error ${code}`,
      `receive ${code}`,
      "served",
      `server ${code}`,
    ]);
    assert.equal(
      third.slice(0, third.indexOf(code)),
      "readiness: io_uring is unavailable: io_uring_enter failed with ",
    );
    // Not the meaning of the errno for the call, such as a firewall rule for EPERM.
    assert.equal(messages.length, 5);
    const about = `This thread's io_uring failed for good: io_uring_enter() returned ${code}.`;
    for (const message of messages) assert.ok(message.includes(about), message);
  }
});

test("ring: readiness takes over if too little memory may be locked", elsewhere, (context) => {
  const { error, status } = spawnSync("prlimit", ["--version"]);
  if (error !== undefined || status !== 0 || process.getuid?.() !== 0 || enginesHere[0]?.name !== "uring") {
    context.skip("it needs root, prlimit and io_uring");
    return;
  }
  if (!ringsAreLocked(context)) return;
  // Below a page or two io_uring_setup fails; a little above, registering the buffers does.
  for (const limit of [0, 4096, 16_384, 32_768, 40_960]) {
    const under = ["prlimit", `--memlock=${limit}`];
    const told = runProgram(program, { under, args: ["unprivileged"] })
      .trim()
      .split("\n");
    assert.match(told[0] ?? "", /^readiness: io_uring is unavailable: .* ENOMEM: .*RLIMIT_MEMLOCK/);
    assert.equal(told[1], "echoed, served");
  }
  const told = runProgram(program, { under: ["prlimit", "--memlock=65536"], args: ["unprivileged"] });
  assert.match(told, /echoed, served/);
});
