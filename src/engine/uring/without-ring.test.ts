// Without io_uring: the reported reason, and that nothing is left open, whichever step fails.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readlinkSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { enginesHere } from "../../../test/engine/engines-here.ts";
import { except } from "../../../test/platform.ts";
import { injecting, runProgram, runWithDescriptors } from "../../../test/program.ts";
import { FailedCall } from "../../native/failed-call.ts";
import { IORING, PARAMS } from "../../system/linux/io-uring.ts";
import { Ring } from "./ring.ts";
import { setupRing } from "./ring-setup.ts";
import { checkFeatures, unavailable } from "./unavailable.ts";

const program = new URL("./without-ring.child.js", import.meta.url);
const ofNode = except({ bun: "it runs only on Node", deno: "it runs only on Node" });
const hasUring = enginesHere.some(({ name }) => name === "uring");

const memlock =
  "the limit on locked memory, which all processes of a user share, is used up; raise " +
  "RLIMIT_MEMLOCK (ulimit -l)";
const forbidden = "kernel.io_uring_disabled or a system call filter forbids it";
const noDescriptor = "the process has no descriptor left; raise RLIMIT_NOFILE (ulimit -n)";

/** The program's output if a step fails. */
function printed(why: string): string {
  const code = "ERR_FEATURE_UNAVAILABLE_ON_PLATFORM";
  return [
    `readiness: io_uring is unavailable: ${why}`,
    `${code}: the requested engine, uring, is unavailable: ${why}`,
    `${code}: BERKELEY_ENGINE is uring, which is unavailable: ${why}`,
    "none left open",
    "",
  ].join("\n");
}

/** libuv of newer Nodes has a ring of its own, and aborts if its io_uring_enter fails. */
const libuvHasARing = Number.parseInt(process.versions.node, 10) >= 22;

test("uring: the reported reason for each failing call, and nothing left open", ofNode, (context) => {
  if (!hasUring || spawnSync("strace", ["-V"]).error !== undefined)
    return context.skip("it needs io_uring and strace");
  const rows: Record<string, string> = {
    "io_uring_setup:error=ENOMEM": `io_uring_setup failed with ENOMEM: ${memlock}`,
    "io_uring_setup:error=EIO": "io_uring_setup failed with EIO",
    "io_uring_register:error=EPERM": `IORING_REGISTER_EVENTFD failed with EPERM: ${forbidden}`,
    // In each attempt, the second call registers the first buffers.
    "io_uring_register:error=ENOMEM:when=2+2": `IORING_REGISTER_PBUF_RING failed with ENOMEM: ${memlock}`,
    "io_uring_register:error=EPERM:when=3": `IORING_REGISTER_PBUF_RING failed with EPERM: ${forbidden}`,
  };
  if (!libuvHasARing) rows["io_uring_enter:error=EPERM"] = `io_uring_enter failed with EPERM: ${forbidden}`;
  for (const [injected, why] of Object.entries(rows)) {
    assert.equal(runProgram(program, { under: injecting(injected) }), printed(why), injected);
  }
});

test(
  "uring: a ring that cannot be put on the event loop is unavailable from the start",
  ofNode,
  (context) => {
    if (!hasUring || spawnSync("strace", ["-V"]).error !== undefined)
      return context.skip("it needs io_uring and strace");
    const outcomes = new Map<string | undefined, string | undefined>();
    // Which of the calls is ours depends on the runtime. libuv aborts if one of its own fails.
    for (let call = 1; call <= 8; call++) {
      const inject = `inject=epoll_ctl:error=EPERM:when=${call}`;
      const args = ["-f", "-qq", "-o", "/dev/null", "-e", "trace=epoll_ctl", "-e", inject];
      const run = spawnSync("strace", [...args, process.execPath, fileURLToPath(program)], {
        encoding: "utf8",
      });
      const told = run.stdout.trim().split("\n");
      outcomes.set(told[0], told.at(-1));
    }
    const reason = "readiness: io_uring is unavailable: uv_poll_init_socket failed with EPERM";
    assert.equal(outcomes.get(reason), "none left open");
  },
);

test("uring: nothing is left open if descriptors run out", ofNode, (context) => {
  if (!hasUring) return context.skip("there is no io_uring here");
  const steps = ["io_uring_setup", "eventfd"];
  for (const [free, step] of steps.entries()) {
    const told = runWithDescriptors(256, program, [`${free}`]);
    assert.equal(told, printed(`${step} failed with EMFILE: ${noDescriptor}`));
  }
});

test("uring: a failed mapping of the ring is reported, and leaves nothing open", (context) => {
  if (!hasUring) return context.skip("there is no io_uring here");
  const set = setupRing();
  const params = set.params.slice();
  // The second mapping is then of 0 bytes.
  params[PARAMS.sq_entries] = 0;
  assert.throws(() => new Ring({ ...set, params, memory: undefined }), {
    name: "FailedCall",
    message: `mmap of 0 bytes of descriptor ${set.fd} failed: errno 22`,
  });
  assert.throws(() => readlinkSync(`/proc/self/fd/${set.fd}`), { code: "ENOENT" });
});

test("uring: missing kernel features are named", () => {
  assert.throws(() => checkFeatures(IORING.FEAT_SINGLE_MMAP | IORING.FEAT_NODROP | IORING.FEAT_FAST_POLL), {
    message: "the kernel is too old: its io_uring lacks IORING_FEAT_SUBMIT_STABLE, IORING_FEAT_CQE_SKIP",
  });
  checkFeatures(-1);
});

test("uring: a failed mmap is not reported as a failed io_uring_setup", () => {
  const whole = "mmap of 8192 bytes failed with";
  assert.deepEqual(unavailable(new FailedCall("mmap of 8192 bytes", 12)), {
    reason:
      `${whole} ENOMEM: no memory or address space is left; raise RLIMIT_AS ` +
      "(ulimit -v) or vm.max_map_count",
    mayPass: true,
  });
  assert.deepEqual(unavailable(new FailedCall("mmap of 8192 bytes", 11)), {
    reason: `${whole} EAGAIN: ${memlock}`,
    mayPass: true,
  });
  assert.deepEqual(unavailable(new FailedCall("mmap of 8192 bytes", 22)), {
    reason: `${whole} EINVAL`,
    mayPass: false,
  });
});
