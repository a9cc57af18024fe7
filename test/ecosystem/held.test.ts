// `berkeley hold` with programs that are unaware of it, started with popular tools.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createConnection } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { plainEnvironment, readAll, runBerkeley } from "../command.ts";
import { HeldProcess } from "../held-process.ts";
import { root } from "../root.ts";
import { folder, testedNode } from "./column.ts";

const limit = { timeout: 180_000 };

const body = (http: string, text: string) => `
  ${http}
  const server = createServer((_, response) => response.end(${text}));
  server.listen(Number(process.env.PORT), () => console.log("listens " + process.pid));`;

const oddName = `a "quoted" it's.cjs`;

const files: Readonly<Record<string, string>> = {
  "server.cjs": body(`const { createServer } = require("node:http");`, "String(process.pid)"),
  "server.mjs": body(`import { createServer } from "node:http";`, "String(process.pid)"),
  "server.ts": body(
    `import { createServer, type Server } from "node:http"; let made: Server;`,
    "String(process.pid)",
  ),
  "express.cjs": `
    const app = require("express")();
    app.get("/", (_, response) => response.send(String(process.pid)));
    app.listen(Number(process.env.PORT), () => console.log("listens " + process.pid));`,
  "fastify.mjs": `
    import fastify from "fastify";
    const app = fastify();
    app.get("/", async () => String(process.pid));
    await app.listen({ port: Number(process.env.PORT), host: "127.0.0.1" });
    console.log("listens " + process.pid);`,
  "two.cjs": `
    require("node:net").createServer(() => {}).listen(0, "127.0.0.1", () => require("./server.cjs"));`,
  // A folder without the TypeScript files, for which Next would install packages.
  "next/app/route.js": `export const GET = () => new Response("held by " + process.pid);`,
  "index.html": "<!doctype html><title>held</title>",
  "server.py": `
import os, socket
assert os.environ["LISTEN_FDS"] == "1" and os.environ["LISTEN_PID"] == str(os.getpid())
listener = socket.socket(fileno=3)
print("listens", os.getpid(), flush=True)
while True:
    connection, _ = listener.accept()
    connection.recv(4096)
    connection.sendall(b"HTTP/1.1 200 OK\\r\\n\\r\\n" + str(os.getpid()).encode())
    connection.close()
`,
  [oddName]: `require("./server.cjs");`,
  "package.json": JSON.stringify({ private: true, scripts: { start: "node server.cjs" } }),
};

/** A new folder, with a space in its path, that contains the files and the packages. */
function project(): string {
  const made = mkdtempSync(join(tmpdir(), "held project "));
  mkdirSync(join(made, "next/app"), { recursive: true });
  for (const [name, text] of Object.entries(files)) writeFileSync(join(made, name), text);
  symlinkSync(join(folder, "node_modules"), join(made, "node_modules"));
  return made;
}

function freePort(): number {
  const { stderr } = runBerkeley(["hold", "0", "--", "true"]);
  return Number(/127\.0\.0\.1:(\d+)/.exec(stderr)?.[1]);
}

/** A GET on a separate connection. */
async function ask(port: number): Promise<string> {
  const connection = createConnection({ host: "127.0.0.1", port });
  connection.write("GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  return readAll(connection);
}

interface Way {
  readonly command: readonly string[];
  /** The line that it prints once it listens. */
  readonly says?: RegExp;
  readonly answers?: RegExp;
  readonly environment?: NodeJS.ProcessEnv;
  /** Whether it is installed. */
  readonly needs?: string;
}

const bin = (name: string) => join(folder, "node_modules/.bin", name);
const bun = join(
  root,
  `.cache/runtimes/bun/node_modules/@oven/bun-linux-${process.arch === "arm64" ? "aarch64" : "x64"}/bin/bun`,
);
const cleared = { NODE_OPTIONS: "--no-warnings --max-old-space-size=300" };

const ways: Readonly<Record<string, Way>> = {
  npm: { command: ["npm", "start"] },
  pnpm: { command: [bin("pnpm"), "start"] },
  yarn: { command: [bin("yarn"), "start"] },
  "bun run": { command: [bun, "run", "start"], needs: bun },
  npx: { command: ["npx", "--offline", "tsx", "server.ts"] },
  "a shell": { command: ["sh", "-c", "node server.cjs; exit $?"] },
  "node --watch": { command: ["node", "--watch", "server.cjs"] },
  nodemon: { command: [bin("nodemon"), "server.cjs"] },
  tsx: { command: [bin("tsx"), "server.ts"] },
  "tsx watch": { command: [bin("tsx"), "watch", "server.ts"] },
  "node, an ES module": { command: ["node", "server.mjs"] },
  "node, Express": { command: ["node", "express.cjs"] },
  "node, Fastify": { command: ["node", "fastify.mjs"] },
  "node, with NODE_OPTIONS": { command: ["node", "server.cjs"], environment: cleared },
  "node, a name with quotes and blanks": { command: ["node", oddName] },
  "node, which listens on another port too": { command: ["node", "two.cjs"] },
  "Vite's dev server": {
    command: [bin("vite"), "--host", "127.0.0.1", "--strictPort", "--port", "$PORT"],
    says: /Local:/,
    answers: /<title>held/,
  },
  "Next's dev server": {
    command: [bin("next"), "dev", "next", "--webpack", "--hostname", "127.0.0.1", "--port", "$PORT"],
    says: /Ready in/,
    answers: /held by \d+/,
    environment: { NEXT_TELEMETRY_DISABLED: "1" },
  },
  "Python, LISTEN_FDS": { command: ["python3", "server.py"], needs: "python3" },
};

for (const [name, way] of Object.entries(ways)) {
  const { command, says = /listens (\d+)/, answers, environment = {}, needs } = way;
  const skip = needs !== undefined && spawnSync(needs, ["--version"]).status !== 0 && `no ${needs}`;
  test(`hold: ${name}, before and after a restart`, { ...limit, skip }, async (context) => {
    const cwd = project();
    const port = freePort();
    const env = {
      ...plainEnvironment,
      PATH: `${dirname(testedNode)}:${process.env.PATH}`,
      PORT: String(port),
      npm_config_update_notifier: "false",
      ...environment,
    };
    const words = command.map((word) => word.replace("$PORT", String(port)));
    const held = new HeldProcess(context, [String(port), "--", ...words], { cwd, env });
    // Once the command has ended, which may write there.
    context.after(() => rmSync(cwd, { recursive: true, force: true }));
    const check = async (count: number) => {
      const [, pid] = await held.says(says, count);
      const answer = await ask(port);
      assert.match(answer, answers ?? new RegExp(`\r\n\r\n(\\w+\r\n)?${pid}`));
      return pid;
    };
    const first = await check(1);
    const [, own] = await held.says(/kill -USR2 (\d+)/);
    process.kill(Number(own), "SIGUSR2");
    const second = await check(2);
    if (first !== undefined) assert.notEqual(second, first);
  });
}
