// Debian's nginx with one process and sendfile: writes its configuration, starts it, and reports
// where it listens. nginx.mjs FOLDER
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

const folder = mkdtempSync(join(tmpdir(), "berkeley-nginx-"));
const port = await freePort();
const configuration = join(folder, "nginx.conf");
writeFileSync(
  configuration,
  `daemon off;
master_process off;
pid ${folder}/pid;
error_log stderr crit;
events { worker_connections 4096; }
http {
  access_log off;
  sendfile on;
  tcp_nopush on;
  keepalive_requests 100000000;
  open_file_cache max=16;
  client_body_temp_path ${folder};
  proxy_temp_path ${folder};
  fastcgi_temp_path ${folder};
  scgi_temp_path ${folder};
  uwsgi_temp_path ${folder};
  server { listen 127.0.0.1:${port} backlog=4096; root ${process.argv[2]}; }
}
`,
);
// It ends with this process, which is killed.
const ends = ["--pdeathsig", "KILL"];
const child = spawn("setpriv", [...ends, "nginx", "-c", configuration], { stdio: "ignore" });
child.once("exit", () => process.exit(1));
process.stdin.resume().once("end", () => process.exit());
await listening();
rmSync(folder, { recursive: true });
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
