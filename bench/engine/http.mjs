// The HTTP load is wrk, from Debian.
import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { run } from "../../scripts/install-and-build.mjs";
import { perRequest } from "./per-request.mjs";
import { during, serving, start } from "./start.mjs";

const report = fileURLToPath(new URL("http.lua", import.meta.url));

/** Installs wrk if it is missing. */
export function installWrk() {
  if (spawnSync("wrk", ["-v"]).error === undefined) return;
  run("apt-get", ["install", "-y", "--no-install-recommends", "wrk"]);
}

/**
 * The responses of one of a server's programs, after five seconds of warm-up: for longer than two,
 * V8 still compiles on the server's processor, which shows in the 99th percentile. wrk counts whole
 * seconds.
 */
export function http(program, connections) {
  return ({ server, milliseconds, on }) =>
    serving(server, program, on.server, async ({ pid, port }) => {
      const ask = (seconds) => {
        const options = ["-t1", `-c${connections}`, `-d${seconds}s`, "-s", report];
        const command = ["wrk", ...options, `http://127.0.0.1:${port}/`];
        return during(start(command, on.load), ({ answer }) => answer());
      };
      await ask(5);
      const before = processorTime(pid);
      const measured = await ask(Math.ceil(milliseconds / 1000));
      const after = processorTime(pid);
      const { failed } = measured;
      if (failed > 0) throw new Error(`${server.name}: ${failed} requests failed`);
      return perRequest({
        ...measured,
        user: after.user - before.user,
        system: after.system - before.system,
      });
    });
}

/**
 * Seconds, from fields 14 and 15 of proc_pid_stat(5); the second field is a name in brackets, which
 * may contain spaces.
 */
export function processorTime(pid) {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const [user, system] = fields.slice(11, 13).map((ticks) => Number(ticks) / ticksASecond);
  return { user, system };
}

const ticksASecond = Number(execFileSync("getconf", ["CLK_TCK"], { encoding: "utf8" }));
