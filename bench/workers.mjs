// npm run bench:workers: `berkeley hold --workers` beside pm2's cluster mode and node:cluster, each
// with two workers of one unchanged HTTP program: requests per second, requests lost in reloads
// under load, the manager's memory, and the time until a killed worker is back. The clients share
// the machine, so the rates compare the managers and nothing else.
import { execFile, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import http from "node:http";
import { createServer } from "node:net";
import { cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs, promisify } from "node:util";
import { installAndBuild, root, run } from "../scripts/install-and-build.mjs";

const { values: options } = parseArgs({
  options: {
    reloads: { type: "string", default: "20" },
    seconds: { type: "string", default: "5" },
    only: { type: "string", default: "" },
  },
});
const execute = promisify(execFile);
const WORKERS = 2;
/** How long an answer, and the workers of a reload, may take, in milliseconds. */
const PATIENCE = 10_000;

installAndBuild();
const installed = installPm2();
const folder = mkdtempSync(join(tmpdir(), "berkeley-workers-"));
process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
const app = join(folder, "app.cjs");
writeFileSync(
  app,
  `require("node:http").createServer((_, response) => response.end(String(process.pid)))
    .listen(Number(process.env.PORT), "127.0.0.1");`,
);
// node:cluster as in its documentation: fork, and replace one after the other.
const primary = join(folder, "primary.cjs");
writeFileSync(
  primary,
  `const cluster = require("node:cluster");
  cluster.setupPrimary({ exec: ${JSON.stringify(app)} });
  for (let count = 0; count < ${WORKERS}; count++) cluster.fork();
  cluster.on("exit", (worker) => worker.exitedAfterDisconnect || cluster.fork());
  process.on("SIGUSR2", async () => {
    // Workers that still have connections from earlier reloads are already ending.
    for (const old of Object.values(cluster.workers).filter((each) => !each.exitedAfterDisconnect)) {
      const next = cluster.fork();
      await new Promise((resolve) => next.once("listening", resolve));
      old.disconnect();
    }
  });`,
);

/** Each starts on a port, and returns how to reload, the manager's pid, and how to stop. */
const managers = {
  "berkeley hold --workers 2": async (port) => {
    const main = join(root, "dist/cli/main.js");
    const words = [main, "hold", String(port), "--workers", String(WORKERS), "--", process.execPath, app];
    return started(spawn(process.execPath, words, { env: environment(port), stdio: "ignore" }));
  },
  "node:cluster": async (port) =>
    started(spawn(process.execPath, [primary], { env: environment(port), stdio: "ignore" })),
  "pm2, cluster mode": async (port) => {
    const home = join(folder, "pm2");
    const env = { ...environment(port), PM2_HOME: home };
    const pm2 = (...words) => execute(process.execPath, [join(installed, "pm2/bin/pm2"), ...words], { env });
    await pm2("start", app, "-i", String(WORKERS), "--name", "app");
    return {
      pid: Number(readFileSync(join(home, "pm2.pid"), "utf8")),
      reload: () => pm2("reload", "app"),
      stop: () => pm2("kill"),
    };
  },
};

const environment = (port) => ({ ...process.env, PORT: String(port) });

function started(child) {
  const ended = new Promise((resolve) => child.once("exit", resolve));
  return {
    pid: child.pid,
    reload: async () => child.kill("SIGUSR2"),
    stop: async () => {
      child.kill("SIGTERM");
      await ended;
    },
  };
}

console.log(`${cpus().length} processors, load average ${loadavg()[0].toFixed(1)} before the start\n`);
console.log(
  `| manager | requests/s | lost in ${options.reloads} reloads | of requests | manager's ` +
    "memory | killed worker back |",
);
console.log("| --- | ---: | ---: | ---: | ---: | ---: |");
for (const [name, start] of Object.entries(managers)) {
  if (!name.includes(options.only)) continue;
  const port = await freePort();
  const manager = await start(port);
  try {
    await untilWorkers(port);
    const rate = await requestsPerSecond(port);
    const memory = residentMemory(manager.pid);
    const { lost, all } = await lostInReloads(port, manager);
    const back = await timeUntilBack(port);
    console.log(
      `| ${name} | ${Math.round(rate)} | ${lost} | ${all} | ${Math.round(memory)} MB ` +
        `| ${Math.round(back)} ms |`,
    );
  } finally {
    await manager.stop();
  }
}

async function requestsPerSecond(port) {
  const clients = load(port, 32, 0);
  await delay(1000);
  const before = clients.answers;
  await delay(1000 * Number(options.seconds));
  const rate = (clients.answers - before) / Number(options.seconds);
  await clients.stop();
  return rate;
}

/** Each reload ends when workers that had not answered before it do. */
async function lostInReloads(port, manager) {
  const clients = load(port, 8, 4);
  for (let count = 0; count < Number(options.reloads); count++) {
    const old = new Set(clients.pids);
    await manager.reload();
    const latest = performance.now() + PATIENCE;
    const areNew = () => [...clients.pids].filter((pid) => !old.has(pid)).length >= WORKERS;
    while (!areNew() && performance.now() < latest) await delay(20);
  }
  await clients.stop();
  return { lost: clients.lost, all: clients.answers + clients.lost };
}

/** The time from kill -9 until as many workers as before answer, including a new one. */
async function timeUntilBack(port) {
  const old = await untilWorkers(port);
  const [victim] = old;
  const begun = performance.now();
  process.kill(Number(victim), "SIGKILL");
  const others = new Set(old);
  for (;;) {
    const pid = await ask(port, false).catch(() => undefined);
    if (pid !== undefined && !others.has(pid)) return performance.now() - begun;
  }
}

/** The pids that answer, once there are enough. */
async function untilWorkers(port) {
  const pids = new Set();
  for (;;) {
    const pid = await ask(port, false).catch(() => undefined);
    if (pid === undefined) await delay(50);
    else pids.add(pid);
    for (const each of pids) if (!existsSync(`/proc/${each}`)) pids.delete(each);
    if (pids.size >= WORKERS) return pids;
  }
}

/** Clients that send requests continuously, some on kept-alive connections and some on new ones. */
function load(port, kept, short) {
  const agent = new http.Agent({ keepAlive: true, maxSockets: kept });
  const clients = { answers: 0, lost: 0, pids: new Set() };
  let isStopped = false;
  const client = async (of) => {
    while (!isStopped) {
      try {
        clients.pids.add(await ask(port, of));
        clients.answers++;
      } catch {
        clients.lost++;
      }
    }
  };
  const running = [
    ...Array.from({ length: kept }, () => client(agent)),
    ...Array.from({ length: short }, () => client(false)),
  ];
  return Object.assign(clients, {
    stop: async () => {
      isStopped = true;
      await Promise.all(running);
      agent.destroy();
    },
  });
}

function ask(port, agent) {
  return new Promise((resolve, reject) => {
    const request = http.get({ host: "127.0.0.1", port, agent, timeout: PATIENCE }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (piece) => {
        text += piece;
      });
      response.once("end", () => resolve(text)).once("error", reject);
    });
    request.once("error", reject);
    request.once("timeout", () => request.destroy(new Error("no answer in time")));
  });
}

function residentMemory(pid) {
  const [, kilobytes] = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
  return Number(kilobytes) / 1024;
}

async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function installPm2() {
  const to = join(root, ".cache/pm2");
  if (!existsSync(join(to, "node_modules/pm2"))) {
    mkdirSync(to, { recursive: true });
    writeFileSync(join(to, "package.json"), "{}");
    run("npm", ["install", "pm2"], to);
  }
  return join(to, "node_modules");
}
