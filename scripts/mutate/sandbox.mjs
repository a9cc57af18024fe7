// Runs tests where a mutated program can do no harm: in its own PID, mount, network and IPC
// namespaces, with every file of the host read-only, empty /tmp, /run and /dev/shm in memory, and
// limited memory and time.
import { spawn, spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { root } from "../install-and-build.mjs";

const NAMESPACES = ["--pid", "--fork", "--kill-child", "--mount", "--mount-proc", "--net", "--ipc"];
/** A test whose processes are all idle for this many milliseconds counts as hanging. */
const IDLE = 1500;
/** The memory limit of a process, in bytes. */
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
times
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
   * A test fails by "timeout" when it has run for `seconds`, or printed nothing for `silence`
   * seconds and then used no processor: on a busy machine, a slow test does not hang.
   *
   * @returns `seconds`, the processor time of all if they passed; otherwise `failed`: the test that
   *   failed, how, and its output
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
    let whole = setTimeout(giveUp, 60_000);
    let quiet;
    const whenQuiet = async () => {
      const lines = printed;
      const before = workOf(child.pid);
      await delay(IDLE);
      if (printed !== lines || quiet === undefined) return;
      if (workOf(child.pid) === before) giveUp();
      else quiet.refresh();
    };
    let printed = "";
    const print = (line) => {
      printed = `${printed}${line}\n`.slice(-20_000);
    };
    createInterface(child.stdout).on("line", (line) => {
      clearTimeout(quiet);
      if (line.startsWith("run: ")) {
        running += 1;
        printed = "";
        clearTimeout(whole);
        whole = setTimeout(giveUp, tests[running].seconds * 1000);
      }
      print(line);
      quiet = setTimeout(whenQuiet, tests[running].silence * 1000);
    });
    child.stderr.setEncoding("utf8").on("data", print);
    const status = await new Promise((resolve) => child.once("close", resolve));
    clearTimeout(whole);
    clearTimeout(quiet);
    quiet = undefined;
    process.off("exit", kill);
    if (status === 0) return { seconds: processorTime(printed) };
    if (running === -1) throw new Error(`the sandbox failed: ${printed}`);
    return {
      failed: {
        test: tests[running].file,
        how: timedOut ? "timeout" : "failed",
        printed: withoutEvents(printed),
      },
    };
  }
}

/** The last line of the shell's `times`: the minutes and seconds of its children. */
function processorTime(printed) {
  const [, ...times] = /(\d+)m([\d.]+)s (\d+)m([\d.]+)s\n$/.exec(printed) ?? [];
  const [userMinutes = 0, user = 0, systemMinutes = 0, system = 0] = times.map(Number);
  return 60 * (userMinutes + systemMinutes) + user + system;
}

/** Removes the reporter's lines, which are not meant for people. */
const withoutEvents = (printed) => printed.replaceAll(/^test:\w+\n/gm, "");

/**
 * The progress of a process and its descendants: their processor time in ticks, or a new value each
 * time while one of them waits for a processor or a disk (proc_pid_stat(5)).
 */
function workOf(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    const [state, ...fields] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    if (state === "R" || state === "D") return Symbol("running");
    const own = fields.slice(10, 14).reduce((sum, ticks) => sum + Number(ticks), 0);
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "latin1").trim().split(" ");
    const theirs = children.filter((child) => child !== "").map(workOf);
    const running = theirs.find((work) => typeof work === "symbol");
    return running ?? theirs.reduce((sum, work) => sum + work, own);
  } catch {
    return 0;
  }
}
