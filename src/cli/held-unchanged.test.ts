// Programs unaware of `berkeley hold`: Node's own servers, started in every way.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createConnection } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { berkeley, plainEnvironment, readAll, runBerkeley } from "../../test/command.ts";
import { HeldProcess, inherited } from "../../test/held-process.ts";
import { root } from "../../test/root.ts";

/** An ordinary server, which answers with its process ID. */
const server = (port: string) => `
  const server = require("node:http").createServer((_, response) => response.end(String(process.pid)));
  server.listen(${port}, () => console.log("listens " + process.pid));
  // A watcher passes on a signal that its child also receives; a second close() calls back at once.
  let closing = false;
  process.on("SIGTERM", () => {
    if (closing) return;
    closing = true;
    server.close(() => process.exit());
    console.log("stops");
  });
`;

function folder(context: TestContext): string {
  const made = mkdtempSync(join(tmpdir(), "berkeley held "));
  context.after(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

/** A GET on a separate connection; the body is the pid of the answering process. */
async function ask(port: number): Promise<string> {
  const connection = createConnection({ host: "127.0.0.1", port });
  connection.write("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  const answer = await readAll(connection);
  return answer.slice(answer.indexOf("\r\n\r\n") + 4);
}

/** Holds a free port for a command made with it, and checks that it is served across a restart. */
async function servesAcrossRestart(context: TestContext, command: (cwd: string) => readonly string[]) {
  const cwd = folder(context);
  writeFileSync(join(cwd, "server.cjs"), server("process.env.PORT"));
  writeFileSync(join(cwd, "package.json"), JSON.stringify({ scripts: { start: "node server.cjs" } }));
  const port = freePort();
  const held = new HeldProcess(context, [String(port), "--", ...command(cwd)], {
    cwd,
    env: { ...plainEnvironment, PORT: String(port) },
  });
  const [, first] = await held.says(/listens (\d+)/);
  assert.equal(await ask(port), first);
  const [, pid] = await held.says(/kill -USR2 (\d+)/);
  process.kill(Number(pid), "SIGUSR2");
  // Not earlier, since Node's close() might end it: without a request, a connection counts as idle.
  await held.says(/stops/);
  // The connection waits in the queue until the new process listens.
  const waiting = ask(port);
  const [, second] = await held.says(/listens (\d+)/, 2);
  assert.notEqual(second, first);
  assert.equal(await waiting, second);
  assert.equal(await ask(port), second);
}

/** A port that is currently unused. */
function freePort(): number {
  const { stderr } = runBerkeley(["hold", "0", "--", "true"]);
  return Number(/127\.0\.0\.1:(\d+)/.exec(stderr)?.[1]);
}

const node = process.execPath;
const ways: Readonly<Record<string, (cwd: string) => readonly string[]>> = {
  node: () => [node, "server.cjs"],
  npm: () => ["npm", "-s", "start"],
  "a shell": () => ["sh", "-c", `'${node}' server.cjs; exit $?`],
  "node --watch": () => [node, "--watch", "server.cjs"],
};
for (const [way, command] of Object.entries(ways)) {
  test(
    `hold: an unchanged server, started by ${way}, answers before and after a restart`,
    inherited,
    (context) => servesAcrossRestart(context, command),
  );
}

test("hold: a program that listens again, on the held port and on others", inherited, async (context) => {
  const program = `
    const net = require("node:net");
    const listen = (...args) => new Promise((resolve, reject) => {
      const server = net.createServer((socket) => socket.end("served"));
      server.once("error", reject).listen(...args, () => resolve(server));
    });
    const close = (server) => new Promise((resolve) => server.close(resolve));
    (async () => {
      for (const args of [[+process.env.PORT], [+process.env.PORT, "127.0.0.1"], [{ port: +process.env.PORT }]]) {
        const server = await listen(...args);
        if (server.address().port !== +process.env.PORT) throw new Error("another port");
        await close(server);
      }
      const other = await listen(0, "127.0.0.1");
      if (other.address().port === +process.env.PORT) throw new Error("the held port");
      await close(other);
      console.log("done");
    })();`;
  const port = freePort();
  const cwd = folder(context);
  writeFileSync(join(cwd, "program.cjs"), program);
  const env = { ...plainEnvironment, PORT: String(port) };
  const { stdout, stderr } = runBerkeley(["hold", String(port), "--", node, "program.cjs"], { cwd, env });
  assert.equal(stdout, "done\n", stderr);
});

/** Runs a program of functions that listen, with a held port in PORT; returns its output. */
async function runsHeld(context: TestContext, host: string, program: string, options: string[] = []) {
  const functions = `
    const net = require("node:net");
    const port = Number(process.env.PORT);
    const listen = (...args) => new Promise((resolve) => {
      const server = net.createServer((socket) => socket.pipe(socket));
      server.once("error", ({ code }) => resolve(code)).listen(...args, () => resolve(server));
    });
    const close = (server) => new Promise((resolve) => server.close(resolve));
    const reach = (host) => new Promise((resolve) => {
      const client = net.connect(port, host, () => client.end("reached"));
      client.once("error", ({ code }) => resolve(code)).once("data", (text) => resolve(String(text)));
    });`;
  const cwd = folder(context);
  writeFileSync(join(cwd, "program.cjs"), `${functions}\n(async () => {${program}})();`);
  const port = freePort();
  const words = [`${host}:${port}`, "--", node, ...options, "program.cjs"];
  const env = { ...plainEnvironment, PORT: String(port) };
  const { status, stdout, stderr } = runBerkeley(["hold", ...words], { cwd, env });
  assert.equal(status, 0, stderr);
  return stdout;
}

const register = new URL("../../../dist/node/register.cjs", import.meta.url).href;
for (const [on, options] of [
  ["node:net", []],
  ["berkeley/register", ["--import", register]],
] as const) {
  test(
    `hold: a second server on the port gets EADDRINUSE while the first listens, on ${on}`,
    inherited,
    async (context) => {
      const program = `
      const first = await listen(port);
      console.log(await listen(port), await listen(port, "127.0.0.1"), await reach("127.0.0.1"));
      // A connection outlives its server, and does not keep the port.
      const client = net.connect(port);
      await new Promise((resolve) => client.once("data", resolve).write("x"));
      const closed = close(first);
      const second = await listen(port);
      console.log(await listen(port), await reach("127.0.0.1"));
      client.end();
      await closed;
      await close(second);`;
      const stdout = await runsHeld(context, "127.0.0.1", program, [...options]);
      assert.equal(stdout, "EADDRINUSE EADDRINUSE reached\nEADDRINUSE reached\n");
    },
  );

  test(
    `hold localhost: a server on every address gets both sockets, on ${on}`,
    inherited,
    async (context) => {
      const program = `
      const all = await listen(port);
      console.log(await reach("127.0.0.1"), await reach("::1"), await listen(port, "::1"));
      all.once("connection", () => console.log("connection"));
      const client = net.connect(port, "::1");
      await new Promise((resolve) => client.once("data", resolve).write("x"));
      console.log(await new Promise((resolve) => all.getConnections((_, count) => resolve(count))));
      all.close(() => console.log("closed"));
      const both = [await listen(port, "127.0.0.1"), await listen(port, "::1")];
      console.log(await reach("127.0.0.1"), await reach("::1"));
      client.end();
      for (const server of both) server.close();`;
      const { stderr } = runBerkeley(["hold", "localhost:0", "--", "true"]);
      if (!stderr.includes("[::1]")) {
        context.skip("there is no IPv6");
        return;
      }
      const stdout = await runsHeld(context, "localhost", program, [...options]);
      assert.equal(stdout, "reached reached EADDRINUSE\nconnection\n1\nreached reached\nclosed\n");
    },
  );

  test(`hold --unix: an unchanged server gets the path, on ${on}`, inherited, async (context) => {
    const path = join(folder(context), "socket");
    const program = `
      const { createServer } = require("node:net");
      const server = createServer((socket) => socket.end("served"));
      server.listen(${JSON.stringify(path)}, () => {
        createServer().once("error", ({ code }) => console.log("listens", server.address(), code))
          .listen(${JSON.stringify(path)});
      });`;
    const held = new HeldProcess(context, ["--unix", path, "--", node, ...options, "-e", program]);
    const [, address] = await held.says(/listens (.*) EADDRINUSE/);
    assert.equal(address, path);
    assert.equal(await readAll(createConnection(path)), "served");
  });
}

test("hold: the workers of a program that uses node:cluster serve", inherited, async (context) => {
  const program = `
    const cluster = require("node:cluster");
    if (cluster.isPrimary) {
      const workers = [cluster.fork(), cluster.fork()];
      await Promise.all(workers.map((each) => new Promise((resolve) => each.once("listening", resolve))));
      console.log(await reach("127.0.0.1"), await listen(port));
      for (const each of workers) each.disconnect();
    } else await listen(port);`;
  assert.equal(await runsHeld(context, "127.0.0.1", program), "reached EADDRINUSE\n");
});

test("hold: says so if the command does not use the socket, and how to", inherited, async (context) => {
  const held = new HeldProcess(context, ["0", "--", node, "-e", "setInterval(() => {}, 1000)"]);
  const [text] = await held.says(/After \d+ s the command has not used 127\.0\.0\.1:\d+.*/);
  assert.match(text, /listens there.*descriptor 3/);
});

test("hold: says how to use the socket if the command binds the address, and fails", inherited, () => {
  const port = freePort();
  const program = `process.exit(require("node:child_process").spawnSync(process.execPath, ["-e", process.env.BIND], { env: {} }).status)`;
  // Without its environment, Node is as unaware of hold as a program in another language.
  const BIND = `require("node:net").createServer().listen(${port}, "127.0.0.1")`;
  const env = { ...plainEnvironment, BIND };
  const { status, stderr } = runBerkeley(["hold", String(port), "--", node, "-e", program], { env });
  assert.equal(status, 1);
  assert.match(
    stderr.replaceAll("\n", " "),
    /The command ended with status 1, and has not used .*descriptor 3/,
  );
});

for (const where of ["another user's temporary folder", "a folder of its user alone"])
  test(
    `hold: a preload that another user cannot read does not break the command; TMPDIR is ${where}`,
    inherited,
    (context) => {
      const { error } = spawnSync("setpriv", ["--version"]);
      if (error !== undefined || process.getuid?.() !== 0) {
        context.skip("it needs root and setpriv");
        return;
      }
      const home = folder(context);
      const main = installedInPrivate(home);
      const command = ["setpriv", "--reuid=65534", "--clear-groups", node, "-e", server(String(0))];
      const stops = `${command.at(-1)}; setImmediate(() => process.exit(5));`;
      const words = ["hold", "0", "--", ...command.slice(0, -1), stops];
      const TMPDIR = where === "a folder of its user alone" ? home : tmpdir();
      const env = { ...plainEnvironment, TMPDIR };
      const { status, stderr } = spawnSync(node, [main, ...words], { encoding: "utf8", env });
      assert.equal(status, 5, stderr);
      assert.ok(berkeley.endsWith("dist/cli/main.js"));
    },
  );

test(
  "hold: the command of a hold that is another one's command gets both sockets",
  inherited,
  async (context) => {
    const ports = [freePort(), freePort()];
    const program = `
    const http = require("node:http");
    for (const port of [${ports}]) http.createServer((_, response) => response.end("on " + port + " ")).listen(port);
    setImmediate(() => console.log("listens " + process.pid, process.env.LISTEN_FDS));`;
    const cwd = folder(context);
    writeFileSync(join(cwd, "server.cjs"), program);
    writeFileSync(join(cwd, "package.json"), JSON.stringify({ scripts: { start: "node server.cjs" } }));
    const inner = [node, berkeley, "hold", String(ports[1]), "--", "npm", "-s", "start"];
    const held = new HeldProcess(context, [String(ports[0]), "--", ...inner], { cwd });
    const [, first] = await held.says(/listens (\d+ 1)/);
    for (const port of ports) assert.equal(await ask(port), `on ${port} `);
    held.child.kill("SIGUSR2");
    const [, second] = await held.says(/listens (\d+ 1)/, 2);
    assert.notEqual(second, first);
    for (const port of ports) assert.equal(await ask(port), `on ${port} `);
  },
);

test(
  "hold: reports that it may not open enough descriptors, and leaves no path behind",
  inherited,
  (context) => {
    const path = join(folder(context), "socket");
    for (const options of [[], ["--workers", "1"]]) {
      const words = [node, berkeley, "hold", "--unix", path, ...options, "--", "true"];
      const { status, stderr } = spawnSync("sh", ["-c", 'ulimit -n 60; exec "$@"', "sh", ...words], {
        encoding: "utf8",
        env: plainEnvironment,
      });
      assert.deepEqual([status, existsSync(path)], [2, false], stderr);
      assert.match(
        stderr.replaceAll("\n", " "),
        /^berkeley: hold needs descriptors from 64 on, .*ulimit -n 1024/,
      );
    }
  },
);

test("hold: npm passes the socket on if berkeley is installed in a private folder", inherited, (context) => {
  const main = installedInPrivate(folder(context));
  const cwd = folder(context);
  const scripts = { start: "test -S /dev/fd/3 && echo has it" };
  writeFileSync(join(cwd, "package.json"), JSON.stringify({ scripts }));
  const words = [main, "hold", "0", "--", "npm", "-s", "start"];
  const { stdout, stderr } = spawnSync(node, words, { cwd, encoding: "utf8", env: plainEnvironment });
  assert.equal(stdout, "has it\n", stderr);
});

/** Makes it like a home directory of mode 0700, with berkeley installed; returns its command. */
function installedInPrivate(home: string): string {
  chmodSync(home, 0o700);
  cpSync(join(root, "dist"), join(home, "dist"), { recursive: true });
  mkdirSync(join(home, "node_modules"), { recursive: true });
  for (const name of ["koffi", "@koromix", "commander", "chokidar", "readdirp", "picocolors", "cli-table3"])
    symlinkSync(join(root, "node_modules", name), join(home, "node_modules", name));
  cpSync(join(root, "package.json"), join(home, "package.json"));
  return join(home, "dist/cli/main.js");
}
