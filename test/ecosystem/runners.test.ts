// Programs that start other Node processes or threads: test runners, --watch, cluster and workers.
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { pathToFileURL } from "node:url";
import { folder, onBerkeley, testedNode } from "./column.ts";

const limit = { timeout: 120_000 };
const register = `${pathToFileURL(join(folder, "node_modules/berkeley/dist/node/register.cjs"))}`;
const folders: string[] = [];
after(() => {
  for (const each of folders) rmSync(each, { recursive: true });
});

/** A new folder with these files. */
function folderOf(files: Readonly<Record<string, string>>): string {
  const made = mkdtempSync(join(tmpdir(), "runner-"));
  folders.push(made);
  for (const [name, text] of Object.entries(files)) writeFileSync(join(made, name), text);
  return made;
}

/** Runs Node; child processes and threads of it are preloaded, too. */
function node(args: readonly string[], cwd: string): ChildProcess {
  const NODE_OPTIONS = onBerkeley ? `--import ${register}` : "";
  const env = { ...process.env, NODE_OPTIONS, CI: "1", TEST_OURS: String(onBerkeley) };
  return spawn(testedNode, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
}

function textOf(child: ChildProcess): { text: string } {
  const printed = { text: "" };
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding("utf8").on("data", (piece: string) => {
      printed.text += piece;
      child.emit("printed");
    });
  return printed;
}

async function finishes(child: ChildProcess): Promise<void> {
  const printed = textOf(child);
  const [status] = await once(child, "close");
  assert.equal(status, 0, printed.text);
}

/** A test that serves and requests over HTTP and net, in the runner's syntax. */
const testFile = (imports: string) => `${imports}
test("serves and asks", async () => {
  const server = http.createServer((request, response) => {
    response.end(String("_connection" in request.socket));
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address();
  expect(await (await fetch("http://127.0.0.1:" + port)).text()).toBe(process.env.TEST_OURS);
  const client = net.connect(port, "127.0.0.1");
  await new Promise((resolve) => client.once("connect", resolve));
  expect(String("_connection" in client)).toBe(process.env.TEST_OURS);
  expect(client).toBeInstanceOf(net.Socket);
  client.destroy();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});
`;

const vitest = (path: string) => join(folder, "node_modules/vitest", path);

for (const pool of ["forks", "threads"])
  test(`Vitest, with ${pool}`, limit, async () => {
    const imports = `import http from "node:http"; import net from "node:net"; import { expect, test } from "vitest";`;
    const cwd = folderOf({
      "a.test.mjs": testFile(imports.replace('"vitest"', `"${vitest("dist/index.js")}"`)),
    });
    await finishes(node([vitest("vitest.mjs"), "run", `--root=${cwd}`, `--pool=${pool}`], cwd));
  });

test("Jest", limit, async () => {
  const imports = `const http = require("node:http"); const net = require("node:net");`;
  const cwd = folderOf({ "a.test.cjs": testFile(imports) });
  const jest = join(folder, "node_modules/jest/bin/jest.js");
  const config = JSON.stringify({ testMatch: ["**/*.test.cjs"], rootDir: cwd, watchman: false });
  await finishes(node([jest, "--config", config], cwd));
});

/** A server that reports its port, and whose connections are on which engine. */
const server = `const net = require("node:net");
const server = net.createServer((socket) => socket.end(String("_connection" in socket)));
server.listen(0, "127.0.0.1", () => console.log("listening on " + server.address().port));
`;

test("node --watch, which starts the program again", limit, async () => {
  const cwd = folderOf({ "app.cjs": server });
  const child = node(["--watch", "--watch-preserve-output", "app.cjs"], cwd);
  const printed = textOf(child);
  try {
    for (let start = 1; start <= 2; start++) {
      while (ports(printed).length < start) await once(child, "printed");
      assert.equal(await answer(ports(printed).at(-1) ?? 0), String(onBerkeley));
      if (start === 1) appendFileSync(join(cwd, "app.cjs"), "// changed\n");
    }
  } finally {
    const over = once(child, "close");
    child.kill("SIGTERM");
    await over;
  }
});

test("a cluster that shares a port, whose workers' sockets are Node's", limit, async () => {
  const cwd = folderOf({
    "app.cjs": `const cluster = require("node:cluster");
if (cluster.isPrimary) {
  cluster.fork();
  cluster.fork();
  process.once("SIGTERM", () => cluster.disconnect(() => process.exit(0)));
} else {
  ${server}
}
`,
  });
  const child = node(["app.cjs"], cwd);
  const printed = textOf(child);
  while (ports(printed).length < 2) await once(child, "printed");
  assert.equal(ports(printed)[0], ports(printed)[1]);
  for (let count = 0; count < 4; count++) assert.equal(await answer(ports(printed)[0] ?? 0), "false");
  const over = once(child, "close");
  child.kill("SIGTERM");
  assert.deepEqual(await over, [0, null]);
});

test("worker threads, each of which serves", limit, async () => {
  const cwd = folderOf({
    "app.cjs": `const { Worker, isMainThread } = require("node:worker_threads");
if (isMainThread) {
  new Worker(__filename);
  new Worker(__filename);
} else {
  ${server}
}
`,
  });
  const child = node(["app.cjs"], cwd);
  const printed = textOf(child);
  while (ports(printed).length < 2) await once(child, "printed");
  for (const port of ports(printed)) assert.equal(await answer(port), String(onBerkeley));
  const over = once(child, "close");
  child.kill("SIGTERM");
  await over;
});

/** The ports that its servers have reported. */
const ports = ({ text }: { text: string }) =>
  [...text.matchAll(/^listening on (\d+)$/gm)].map(([, port]) => Number(port));

/** Everything that a server sends. */
async function answer(port: number): Promise<string> {
  let text = "";
  for await (const bytes of connect(port, "127.0.0.1")) text += bytes;
  return text;
}
