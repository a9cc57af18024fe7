// Starts the measured and the measuring programs, each on its own processor. Messages are lines of
// JSON.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { pinned } from "../machine.mjs";

/** By default, a program that is silent for this many milliseconds is stuck. */
const TIMEOUT = 30_000;

/** Starts a program. `answer()` is the next line of JSON that it prints; `end()` must be called. */
export function start(command, processor, environment = {}) {
  const [program, ...args] = pinned(command, processor);
  const child = spawn(program, args, { stdio: "pipe", env: { ...process.env, ...environment } });
  const closed = once(child, "close");
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  let complaint = "";
  child.stderr.on("data", (text) => {
    complaint = (complaint + text).slice(-4000);
  });
  // Input for a program that has ended is lost; answer() reports the end.
  child.stdin.on("error", () => {});

  async function answer(timeout = TIMEOUT) {
    const timer = setTimeout(() => {
      complaint += `no answer for ${timeout / 1000} seconds`;
      child.kill("SIGKILL");
    }, timeout);
    try {
      for (;;) {
        const { value } = await lines.next();
        if (value === undefined) break;
        if (value.startsWith("{")) return JSON.parse(value);
      }
      await closed;
      throw new Error(`${command.join(" ")}\n${fate()}`);
    } finally {
      clearTimeout(timer);
    }
  }

  async function end() {
    child.kill("SIGKILL");
    await closed;
  }

  /** How it ended, if it did, and its error output. */
  function fate() {
    const ended = child.signalCode ?? child.exitCode;
    return [ended === null ? "" : `it ended with ${ended}`, complaint.trim()].filter(Boolean).join(": ");
  }

  return { pid: child.pid, answer, end, fate, tell: (line) => child.stdin.write(`${line}\n`) };
}

/** Runs `body` with a started program, and always ends the program. */
export async function during(started, body) {
  try {
    return await body(started);
  } finally {
    await started.end();
  }
}

/** Runs `body` with one of a server's programs, given additional arguments, once it listens. */
export function serving(server, program, processor, body, args = []) {
  return during(start([...server[program], ...args], processor, server.environment), async (started) => {
    const { port } = await started.answer();
    try {
      return await body({ ...started, port });
    } catch (error) {
      const fate = started.fate();
      throw new Error(`${server.name}: ${error.message}${fate && `; the server: ${fate}`}`);
    }
  });
}
