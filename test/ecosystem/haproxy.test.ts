// Debian's HAProxy in front of Express under serve().
import assert from "node:assert/strict";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import http from "node:http";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { type TestContext, test } from "node:test";
import { Program } from "./program.ts";

const hasHaproxy = spawnSync("haproxy", ["-v"]).error === undefined;

/** HAProxy on a socket that it inherits; returns its port. */
async function haproxy(context: TestContext, to: number, send: string): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), "haproxy-"));
  const file = join(folder, "haproxy.cfg");
  writeFileSync(
    file,
    `defaults
  mode http
  timeout connect 5s
  timeout client 5s
  timeout server 5s
frontend front
  bind fd@3
  default_backend app
backend app
  server app 127.0.0.1:${to} ${send} check inter 50ms
`,
  );
  const listening = createServer();
  listening.listen(0, "127.0.0.1");
  await once(listening, "listening");
  const handle: unknown = Reflect.get(listening, "_handle");
  assert.ok(typeof handle === "object" && handle !== null && "fd" in handle && typeof handle.fd === "number");
  const child: ChildProcess = spawn("haproxy", ["-f", file, "-db", "-q"], {
    stdio: ["ignore", "inherit", "inherit", handle.fd],
  });
  const address = listening.address();
  assert.ok(typeof address === "object" && address !== null);
  listening.close();
  context.after(async () => {
    const ended = once(child, "exit");
    child.kill("SIGTERM");
    await ended;
    rmSync(folder, { recursive: true });
  });
  return address.port;
}

/** The answer to a client that has this address. */
async function ask(port: number, localAddress: string): Promise<string> {
  const request = http.get({ host: "127.0.0.1", port, localAddress, path: "/ip", agent: false });
  const [response] = await once(request, "response");
  return text(response);
}

for (const send of ["send-proxy", "send-proxy-v2"])
  test(`HAProxy with ${send}: req.ip is the client's`, {
    skip: !hasHaproxy,
    timeout: 60_000,
  }, async (context) => {
    await using program = new Program("express-behind-proxy.mjs", { stock: true });
    const port = await haproxy(context, await program.port(), send);
    for (const address of ["127.0.0.5", "127.1.2.3"])
      assert.equal(await ask(port, address), JSON.stringify(address));
    await program.stop();
  });
