// Runs tests where a mutated program can harm nobody: in PID, mount, network and IPC namespaces of
// its own, with every file of the machine read-only, empty /tmp, /run and /dev/shm in memory, and
// bounded memory and time.
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { root } from "../install-and-build.mjs";

const NAMESPACES = ["--pid", "--fork", "--kill-child", "--mount", "--mount-proc", "--net", "--ipc"];
/** What one process may allocate, in bytes. */
const MEMORY = 4 * 2 ** 30;

/**
 * Mounts inside the new namespace, then runs one test after the other until one fails. Its
 * arguments: the root, the mutant and the module that it stands for ("" for none), then seconds and
 * a test, and so on.
 */
const SCRIPT = `
set -e
root=$1 mutant=$2 module=$3
shift 3
ip link set lo up
mount --bind "$root" "$root"
cd "$root"
if [ -n "$module" ]; then
  mount --bind "$mutant" "$module"
  mount -o remount,bind,ro "$module"
fi
mount -o remount,bind,ro "$root"
mount -o remount,bind,ro /
for folder in /tmp /run /dev/shm; do mount -t tmpfs -o size=512m,mode=1777 tmpfs "$folder"; done
set +e
while [ $# -gt 0 ]; do
  timeout --kill-after=1 "$1" "$NODE" "$2" >/tmp/output 2>&1 </dev/null
  status=$?
  if [ $status -ne 0 ]; then
    echo "$status $2"
    if [ -n "$VERBOSE" ]; then tail -n 60 /tmp/output; fi
    exit 1
  fi
  shift 2
done
`;

/** Fails where such a sandbox cannot be made. */
export function checkSandbox() {
  if (root.startsWith("/tmp/")) throw new Error("the sandbox hides /tmp: run mutations in a clone elsewhere");
  const { status, stderr, error } = spawnSync("unshare", [...NAMESPACES, "ip", "link", "set", "lo", "up"], {
    encoding: "utf8",
  });
  if (status !== 0)
    throw new Error(`no namespaces for mutations (are you root?): ${error?.message ?? stderr}`);
}

/**
 * Runs tests, `{ file, seconds }`, against the tree, or a mutant of one of its modules.
 *
 * @returns undefined where all passed; else the test that failed, and how: its exit status, or
 * "timeout"
 */
export async function runInSandbox(tests, mutant, verbose = false) {
  const seconds = tests.reduce((sum, test) => sum + test.seconds + 2, 10);
  const words = tests.flatMap((test) => [String(test.seconds), test.file]);
  const child = spawn(
    "unshare",
    [
      ...NAMESPACES,
      "prlimit",
      `--data=${MEMORY}`,
      "sh",
      "-c",
      SCRIPT,
      "sh",
      root,
      mutant?.file ?? "",
      mutant?.module ?? "",
      ...words,
    ],
    {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, NODE: process.execPath, VERBOSE: verbose ? "1" : "", NO_COLOR: "1" },
    },
  );
  const output = [];
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text) => output.push(text));
  // The namespace ends with its first process (--kill-child), and everything in it.
  const timer = setTimeout(() => child.kill("SIGKILL"), seconds * 1000);
  const atExit = () => child.kill("SIGKILL");
  process.once("exit", atExit);
  const [status] = await once(child, "close");
  clearTimeout(timer);
  process.off("exit", atExit);
  if (status === 0) return undefined;
  const text = output.join("");
  const [, code, test] = /^(\d+) (.*\.js)$/m.exec(text) ?? [];
  if (test === undefined && status !== null) throw new Error(`the sandbox failed: ${text}`);
  // timeout(1) exits with 124, or 137 where it had to use SIGKILL.
  const how = test === undefined || code === "124" || code === "137" ? "timeout" : `status ${code}`;
  return { test: test ?? "", how, output: text };
}
