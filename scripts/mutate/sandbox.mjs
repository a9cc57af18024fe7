// Runs tests where a mutated program can harm nobody: in its own PID, mount, network and IPC
// namespaces, with every file of the host read-only, empty /tmp, /run and /dev/shm in memory, and
// limited memory and time.
import { spawn, spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { root } from "../install-and-build.mjs";

const NAMESPACES = ["--pid", "--fork", "--kill-child", "--mount", "--mount-proc", "--net", "--ipc"];
/** What one process may allocate, in bytes. */
const MEMORY = 4 * 2 ** 30;

/**
 * Mounts inside the new namespace, then runs one test after the other until one fails. Its
 * arguments: the root, the folder of builds, the mutant and the module that it replaces ("" for
 * none), the folder for the coverage ("" for none), and the tests.
 */
const SCRIPT = `
set -e
root=$1 builds=$2 mutant=$3 module=$4 coverage=$5
shift 5
ip link set lo up
if [ -n "$coverage" ]; then
  mount --bind "$coverage" /mnt
  export NODE_V8_COVERAGE=/mnt
fi
mount --bind "$root" "$root"
cd "$root"
mount -o remount,bind,ro "$root"
mount -o remount,bind,ro /
for folder in dist build; do
  mount --bind "$builds/$folder" "$folder"
  if [ -n "$module" ] && [ "$folder" = dist ]; then
    mount --bind "$mutant" "$module"
    mount -o remount,bind,ro "$module"
  fi
  mount -o remount,bind,ro "$folder"
done
for folder in /tmp /run /dev/shm; do mount -t tmpfs -o size=512m,mode=1777 tmpfs "$folder"; done
set +e
for test in "$@"; do
  echo "run: $test"
  "$NODE" --test-reporter=./scripts/mutate/reporter.mjs "$test" </dev/null || exit 1
done
`;

/** Copies of dist/ and build/, so that the tree can be edited and built while mutants run. */
export class Sandbox {
  folder = mkdtempSync(join(tmpdir(), "berkeley-mutants-"));

  constructor() {
    process.once("exit", () => rmSync(this.folder, { recursive: true, force: true }));
    if (root.startsWith("/tmp/"))
      throw new Error("the sandbox hides /tmp: run mutations in a clone elsewhere");
    const { status, stderr, error } = spawnSync("unshare", [...NAMESPACES, "ip", "link", "set", "lo", "up"], {
      encoding: "utf8",
    });
    if (status !== 0)
      throw new Error(`cannot create namespaces for mutations (are you root?): ${error?.message ?? stderr}`);
    for (const name of ["dist", "build"])
      cpSync(join(root, name), join(this.folder, name), { recursive: true });
  }

  /** A new, empty folder. */
  emptyFolder(name) {
    const folder = join(this.folder, name);
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    return folder;
  }

  /**
   * Runs tests, `{ file, seconds, silence }`, against the tree, or a mutant of one of its modules.
   * A test fails by "timeout" after `seconds`, or after `silence` seconds without output.
   *
   * @returns undefined if all passed; otherwise the test that failed, how, and its output
   */
  async run(tests, { mutant, coverage } = {}) {
    const child = spawn(
      "unshare",
      [
        ...NAMESPACES,
        ...["prlimit", `--data=${MEMORY}`, "sh", "-c", SCRIPT, "sh", root, this.folder],
        ...[mutant?.file ?? "", mutant?.module ?? "", coverage ?? ""],
        ...tests.map(({ file }) => file),
      ],
      {
        stdio: ["ignore", "pipe", "pipe"],
        env: { ...process.env, NODE: process.execPath, NO_COLOR: "1" },
      },
    );
    // The namespace ends with its first process (--kill-child), and everything in it too.
    const kill = () => child.kill("SIGKILL");
    process.once("exit", kill);
    let timedOut = false;
    const giveUp = () => {
      timedOut = true;
      kill();
    };
    let running = -1;
    let whole = setTimeout(giveUp, 30_000);
    let quiet = setTimeout(giveUp, 30_000);
    let printed = "";
    const print = (line) => {
      printed = `${printed}${line}\n`.slice(-20_000);
    };
    createInterface(child.stdout).on("line", (line) => {
      if (line.startsWith("run: ")) {
        running += 1;
        printed = "";
        clearTimeout(whole);
        whole = setTimeout(giveUp, tests[running].seconds * 1000);
      } else if (!/^test:\w+$/.test(line)) print(line);
      clearTimeout(quiet);
      quiet = setTimeout(giveUp, tests[running].silence * 1000);
    });
    child.stderr.setEncoding("utf8").on("data", print);
    const status = await new Promise((resolve) => child.once("close", resolve));
    clearTimeout(whole);
    clearTimeout(quiet);
    process.off("exit", kill);
    if (status === 0) return undefined;
    if (running === -1) throw new Error(`the sandbox failed: ${printed}`);
    return { test: tests[running].file, how: timedOut ? "timeout" : "failed", printed };
  }
}
