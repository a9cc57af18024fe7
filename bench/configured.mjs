// Runs a Debian server with a generated configuration, as a program of compare.mjs: reports where
// it listens, and ends it along with this process, which may be killed.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/**
 * @param program its name
 * @param args its arguments, up to the path of the configuration
 * @param configuration returns the configuration for a port, and a folder that exists until it
 * listens
 */
export async function runConfigured(program, args, configuration) {
  const folder = mkdtempSync(join(tmpdir(), `berkeley-${program}-`));
  const port = await freePort();
  const file = join(folder, "configuration");
  writeFileSync(file, configuration(port, folder));
  // The kernel ends it with this process, even if that is killed, as during() in engine/start.mjs
  // does.
  const child = spawn("setpriv", ["--pdeathsig", "KILL", program, ...args, file], { stdio: "ignore" });
  child.once("exit", () => process.exit(1));
  process.stdin.resume().once("end", () => process.exit());
  await listening(port);
  rmSync(folder, { recursive: true });
  console.log(JSON.stringify({ port, pid: child.pid }));
}

function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port: free } = server.address();
      server.close(() => resolve(free));
    });
  });
}

async function listening(port) {
  for (;;) {
    const connected = await new Promise((resolve) => {
      const socket = connect(port, "127.0.0.1", () => resolve(true));
      socket.once("error", () => resolve(false)).unref();
      socket.once("connect", () => socket.destroy());
    });
    if (connected) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
