import assert from "node:assert/strict";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync, chownSync, copyFileSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import net from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { Certificate } from "./column.ts";
import { Program } from "./program.ts";

const certificate = new Certificate();
after(() => certificate.remove());
const limit = { timeout: 120_000 };

// The test has its own network namespace, so these ports are free.
const PG_PORT = 5432;
const REDIS_PORT = 6379;

test("fetch, undici, got, http and https", limit, async () => {
  await using plain = new Program("http.mjs", { stock: true });
  await using secure = new Program("express-https.mjs", {
    stock: true,
    environment: certificate.environment,
  });
  await using client = new Program("fetch-client.mjs", {
    environment: {
      ...certificate.environment,
      TEST_HTTP: `http://127.0.0.1:${await plain.port()}`,
      TEST_TWO_ADDRESSES: `http://two.test:${await plain.port()}`,
      TEST_HTTPS: `https://localhost:${await secure.port()}`,
    },
  });
  await client.finishes();
});

test("ws as a client", limit, async () => {
  await using server = new Program("ws.mjs", { stock: true });
  const environment = { TEST_WS: `ws://127.0.0.1:${await server.port()}` };
  await using client = new Program("ws-client.mjs", { environment });
  await client.finishes();
});

test("socket.io as a client", limit, async () => {
  await using server = new Program("socket-io.mjs", { stock: true });
  const environment = { TEST_SOCKET_IO: `http://127.0.0.1:${await server.port()}` };
  await using client = new Program("socket-io-client.mjs", { environment });
  await client.finishes();
});

test("pg, over TCP, TLS and a unix socket, with a real PostgreSQL", limit, async (context) => {
  const programs = "/usr/lib/postgresql/15/bin";
  if (!existsSync(programs)) return context.skip("Debian's postgresql is not installed");
  const folder = mkdtempSync(join(tmpdir(), "postgres-"));
  const user = spawnSync("id", ["-u", "postgres"], { encoding: "utf8" });
  const owner = Number(user.stdout);
  chownSync(folder, owner, owner);
  const data = join(folder, "data");
  const as = (program: string, ...args: string[]) => [
    "-u",
    "postgres",
    "--",
    join(programs, program),
    ...args,
  ];
  const made = spawnSync("runuser", as("initdb", "-D", data, "-A", "trust"), {
    cwd: folder,
    encoding: "utf8",
  });
  assert.equal(made.status, 0, made.stderr);
  for (const [from, to] of [
    [certificate.key, "server.key"],
    [certificate.certificate, "server.crt"],
  ] as const) {
    copyFileSync(from, join(data, to));
    chownSync(join(data, to), owner, owner);
    chmodSync(join(data, to), 0o600);
  }
  const settings = ["-c", "ssl=on", "-c", "fsync=off", "-c", `port=${PG_PORT}`, "-k", folder];
  const server = spawn("runuser", as("postgres", "-D", data, ...settings), { cwd: folder, stdio: "ignore" });
  try {
    await answers({ port: PG_PORT, host: "127.0.0.1" });
    await using client = new Program("pg-client.mjs", {
      environment: {
        ...certificate.environment,
        TEST_PG_PORT: String(PG_PORT),
        TEST_PG_FOLDER: folder,
      },
    });
    await client.finishes();
  } finally {
    await ended(server);
    rmSync(folder, { recursive: true });
  }
});

test("ioredis, over TCP and a unix socket, with a real Redis", limit, async (context) => {
  if (spawnSync("redis-server", ["--version"]).status !== 0)
    return context.skip("Debian's redis-server is not installed");
  const folder = mkdtempSync(join(tmpdir(), "redis-"));
  const path = join(folder, "redis.sock");
  const settings = ["--port", String(REDIS_PORT), "--unixsocket", path, "--save", "", "--dir", folder];
  const server = spawn("redis-server", settings, { stdio: "ignore" });
  try {
    await answers({ path });
    await using client = new Program("ioredis-client.mjs", {
      environment: { TEST_REDIS_PORT: String(REDIS_PORT), TEST_REDIS_PATH: path },
    });
    await client.finishes();
  } finally {
    await ended(server);
    rmSync(folder, { recursive: true });
  }
});

test("mongodb's driver, with a small server of its wire protocol", limit, async () => {
  await using server = new Program("mongodb-server.mjs", { stock: true });
  const environment = { TEST_MONGODB_PORT: String(await server.port()) };
  await using client = new Program("mongodb-client.mjs", { environment });
  await client.finishes();
});

test("amqplib, with a small server of AMQP 0-9-1", limit, async () => {
  await using server = new Program("amqplib-server.mjs", { stock: true });
  const environment = { TEST_AMQP_PORT: String(await server.port()) };
  await using client = new Program("amqplib-client.mjs", { environment });
  await client.finishes();
});

/** Waits until a database accepts connections and answers; retries while it is starting. */
async function answers(endpoint: net.NetConnectOpts): Promise<void> {
  for (const until = Date.now() + 60_000; Date.now() < until; ) {
    const socket = net.connect(endpoint);
    const connected = await Promise.race([
      once(socket, "connect").then(() => true),
      once(socket, "error").then(() => false),
    ]).catch(() => false);
    socket.destroy();
    if (connected) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  assert.fail("the database did not start");
}

async function ended(child: ChildProcess): Promise<void> {
  const over = once(child, "close");
  child.kill("SIGTERM");
  await over;
}
