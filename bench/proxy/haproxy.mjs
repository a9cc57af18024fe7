// HAProxy with one thread: writes its configuration, starts it, and reports where it listens.
// haproxy.mjs TARGET-PORT
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

const folder = mkdtempSync(join(tmpdir(), "berkeley-haproxy-"));
const port = await freePort();
const configuration = join(folder, "haproxy.cfg");
writeFileSync(
  configuration,
  `global
  nbthread 1
  maxconn 4000
defaults
  mode tcp
  timeout connect 5s
  timeout client 60s
  timeout server 60s
listen proxy
  bind 127.0.0.1:${port} backlog 4096
  server target 127.0.0.1:${process.argv[2]}
`,
);
const child = spawn("haproxy", ["-db", "-q", "-f", configuration], { stdio: "ignore" });
child.once("exit", () => process.exit(1));
process.once("exit", () => {
  child.kill("SIGKILL");
  rmSync(folder, { recursive: true });
});
process.stdin.resume().once("end", () => process.exit());
await listening();
console.log(JSON.stringify({ port, pid: child.pid }));

function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port: free } = server.address();
      server.close(() => resolve(free));
    });
  });
}

async function listening() {
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
