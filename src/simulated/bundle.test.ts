import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import vm from "node:vm";
import { MessageChannel } from "node:worker_threads";
import { build } from "esbuild";
import { except } from "../../test/platform.ts";
import { root } from "../../test/root.ts";

// berkeley/simulated needs neither koffi nor Node's modules.

const folder = mkdtempSync(join(tmpdir(), "berkeley-simulated-"));
after(() => rmSync(folder, { recursive: true }));

/** A conversation over TCP and one over UDP, without AsyncLocalStorage; returns the messages. */
const conversation = `async (network) => {
  const said = [];
  const [server, client] = [network.host("server"), network.host("client")];
  network.link(server, client, { latency: "20ms" });
  const text = (bytes) => String.fromCharCode(...bytes);
  await server.listen({ port: 80, backlog: 2 }, { data: (connection, bytes) => connection.write(bytes) });
  const connection = await client.connect({ host: "server", port: 80, timeout: 5000 });
  await connection.write("over TCP");
  said.push(text(await connection.read()));
  await connection.close();
  await server.udp({ port: 53 }, { message: (socket, bytes, from) => socket.send(bytes, from) });
  const socket = await client.udp({ remote: { host: "server", port: 53 } });
  await socket.send("over UDP");
  said.push(text((await socket.receive({ timeout: 1000 })).data));
  await client.udp({ remote: { host: "nobody", port: 53 } }).catch(({ code }) => said.push(code));
  said.push(network.time);
  return said;
}`;
const said = ["over TCP", "over UDP", "ENOTFOUND", 120];

test("runs without koffi and without the package's native code", () => {
  const copy = join(folder, "dist");
  cpSync(join(root, "dist"), copy, {
    recursive: true,
    filter: (path) => !/\/(native|machine\.js)$/.test(path),
  });
  assert.ok(!readdirSync(copy).includes("native"));
  assert.ok(!readdirSync(join(copy, "chunks")).includes("machine.js"));
  writeFileSync(join(folder, "package.json"), '{ "type": "module" }\n');
  const program = join(folder, "program.mjs");
  writeFileSync(
    program,
    `import { simulate } from "./dist/simulated/index.js";
console.log(JSON.stringify(await simulate({ seed: 1 }, ${conversation})));
`,
  );
  const { stdout, stderr } = spawnSync(process.execPath, [program], { cwd: folder, encoding: "utf8" });
  assert.deepEqual(JSON.parse(stdout || "null"), said, stderr);
});

/** The one file that a page loads. */
async function bundle(): Promise<string> {
  const outfile = join(folder, "simulated.js");
  await build({
    entryPoints: [join(root, "dist/simulated/index.js")],
    bundle: true,
    platform: "browser",
    format: "iife",
    globalName: "berkeley",
    outfile,
    logLevel: "silent",
  });
  return readFileSync(outfile, "utf8");
}

test(
  "it is bundled for a browser, and runs where there are only a browser's globals",
  except({ deno: "esbuild starts a program" }),
  async () => {
    const code = await bundle();
    assert.doesNotMatch(code, /require\("node:|koffi/);
    const channels: MessageChannel[] = [];
    class Channel extends MessageChannel {
      constructor() {
        super();
        channels.push(this);
      }
    }
    const web = { AbortController, AbortSignal, console, crypto, DOMException, MessageChannel: Channel };
    const more = { performance, queueMicrotask, TextDecoder, TextEncoder, clearTimeout, setTimeout };
    const page = vm.createContext({ ...web, ...more, ReadableStream, WritableStream });
    const result: unknown = await vm.runInContext(
      `${code}; berkeley.simulate({ seed: 1 }, ${conversation}).then(JSON.stringify)`,
      page,
    );
    for (const { port1 } of channels) port1.close();
    assert.deepEqual(JSON.parse(String(result)), said);
  },
);
