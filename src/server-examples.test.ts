import assert from "node:assert/strict";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { get } from "node:http";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { noDetach } from "../test/detach.ts";
import { Fixture } from "../test/fixture.ts";
import { except } from "../test/platform.ts";
import { root } from "../test/root.ts";
import { type Connection, connect } from "./index.ts";

// The server programs of examples/, on each engine. examples.test.ts compiles them.

const compiled = join(root, ".cache/server-examples");
const compiler = spawnSync(
  process.execPath,
  [
    join(root, "node_modules/typescript/bin/tsc"),
    ...["-p", join(root, "examples"), "--outDir", compiled, "--pretty", "false"],
  ],
  { encoding: "utf8" },
);
assert.equal(compiler.stdout + compiler.stderr, "");

/** A program that runs until Ctrl-C, and must then end by itself. */
class Serving {
  readonly #child: ChildProcess;
  readonly port: number;

  static async start(context: TestContext, name: string, engine: string): Promise<Serving> {
    const child = spawn(process.execPath, [join(compiled, name.replace(/ts$/, "js"))], {
      env: { ...process.env, BERKELEY_ENGINE: engine },
      stdio: ["ignore", "pipe", "inherit"],
    });
    context.after(() => child.kill("SIGKILL"));
    assert.ok(child.stdout !== null);
    child.stdout.setEncoding("utf8");
    let printed = "";
    while (child.exitCode === null) {
      const [text] = await once(child.stdout, "data");
      printed += text;
      const port = /(?:port: |^)(\d+)/m.exec(printed)?.[1];
      if (port !== undefined) return new Serving(child, Number(port));
    }
    assert.fail(`it printed no port: ${printed}`);
  }

  private constructor(child: ChildProcess, port: number) {
    this.#child = child;
    this.port = port;
  }

  connect(): Promise<Connection> {
    return connect({ host: "127.0.0.1", port: this.port });
  }

  async interrupt(): Promise<void> {
    const exited = once(this.#child, "exit");
    assert.ok(this.#child.pid !== undefined);
    // Not its own kill(): Deno then reports the signal as the exit, whatever the program does with
    // it.
    process.kill(this.#child.pid, "SIGINT");
    assert.deepEqual(await exited, [0, null]);
  }
}

/** Everything received until the peer ends. */
async function all(connection: Connection): Promise<string> {
  const pieces: Uint8Array[] = [];
  for await (const piece of connection) pieces.push(piece);
  return `${Buffer.concat(pieces)}`;
}

const noServe = { bun: "serve() needs the node:net of Node itself" };

for (const engine of ["uring", "readiness"]) {
  test(`"echo.ts": it sends everything back (${engine})`, async (context) => {
    const serving = await Serving.start(context, "echo.ts", engine);
    const client = await serving.connect();
    await client.end("hello");
    assert.equal(await all(client), "hello");
    await serving.interrupt();
  });

  test(`"chat.ts": what one writes, the others read (${engine})`, async (context) => {
    const serving = await Serving.start(context, "chat.ts", engine);
    const first = await serving.connect();
    const others = [await serving.connect(), await serving.connect()];
    // A connection is in the room once it is accepted, which shows when its own words reach
    // another.
    for (const [index, other] of others.entries()) {
      await other.write(`${index}`);
      assert.equal(`${Buffer.from((await first.read()) ?? [])}`, `${index}`);
    }
    await first.write("hello");
    for (const other of others) {
      let heard = "";
      while (!heard.endsWith("hello")) heard += Buffer.from((await other.read()) ?? []);
    }
    for (const client of [first, ...others]) await client.end();
    await serving.interrupt();
  });

  test(`"http.ts": a page for each request (${engine})`, except(noServe), async (context) => {
    const serving = await Serving.start(context, "http.ts", engine);
    const [response] = await once(get({ port: serving.port, host: "127.0.0.1", agent: false }), "response");
    let page = "";
    for await (const text of response.setEncoding("utf8")) page += text;
    assert.equal(page, "hello, 127.0.0.1; 0 connections wait\n");
    await serving.interrupt();
  });

  test(`"tls.ts": an echo that nobody between can read (${engine})`, except(noDetach), (context) => {
    const fixture = new Fixture(context);
    const [key, cert] = [join(fixture.folder(), "key.pem"), join(fixture.folder(), "cert.pem")];
    const made = spawnSync("openssl", [
      ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"],
      ...["-days", "1", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"],
      ...["-keyout", key, "-out", cert],
    ]);
    if (made.status === 0) {
      const { stdout, stderr, status } = spawnSync(process.execPath, [join(compiled, "tls.js"), key, cert], {
        encoding: "utf8",
        timeout: 20_000,
        env: { ...process.env, BERKELEY_ENGINE: engine },
      });
      assert.deepEqual(
        { stdout, stderr, status },
        { stdout: "TLSv1.3: hello from 127.0.0.1\n", stderr: "", status: 0 },
      );
    } else fixture.skip(`openssl makes no certificate: ${made.error ?? made.stderr}`);
    fixture.closeAll();
  });

  test(`"two-workers.ts": both workers serve the port (${engine})`, async (context) => {
    const serving = await Serving.start(context, "two-workers.ts", engine);
    const seen = new Set<string>();
    // The system chooses by the client's port: the chance of all 100 connections going to one
    // worker is 2 ** -99.
    for (let count = 0; count < 100 && seen.size < 2; count++) {
      const client = await serving.connect();
      seen.add(await all(client));
      await client.close();
    }
    assert.equal(seen.size, 2, [...seen].join());
    await serving.interrupt();
  });
}
