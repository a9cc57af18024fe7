// The console of a virtual machine, which its program writes to its standard output.
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

/**
 * Runs the program of a virtual machine; resolves with its console's lines once it is off, and
 * with whether it had to be ended.
 *
 * @param seconds the time limit, after which it is ended
 * @param signal ends it early
 * @param onLine gets each line of the console
 */
export function watchConsole(program, args, { seconds, signal, onLine }) {
  // In its own process group, since User-Mode Linux runs each program as a process of the host.
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"], detached: true });
  const lines = [];
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on("line", (line) => {
      const text = line.replace(/\r$/, "");
      lines.push(text);
      onLine(text);
    });
  }
  const kill = () => {
    try {
      process.kill(-child.pid, "SIGKILL");
    } catch {
      // It has ended.
    }
  };
  const timer = setTimeout(kill, seconds * 1000);
  signal.addEventListener("abort", kill);
  process.once("exit", kill);
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (_, ended) => {
      clearTimeout(timer);
      process.off("exit", kill);
      resolve({ lines, late: ended === "SIGKILL" });
    });
  });
}
