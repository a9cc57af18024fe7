// Programs that know nothing of berkeley, under `berkeley/register`.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { netTest } from "../../test/engine/net-test.ts";
import { root } from "../../test/root.ts";
import { plain, Terminal } from "../../test/terminal.ts";

const register = join(root, "dist/node/register.cjs");

interface Program {
  readonly what: string;
  readonly source: string;
  readonly prints: string;
  readonly environment?: Readonly<Record<string, string>>;
}

/** Says whether a Socket is ours or Node's. */
const whose = `const whose = (socket) => "_connection" in socket ? "ours" : "Node's";`;

const programs: readonly Program[] = [
  {
    what: "a client and a server of node:net",
    source: `${whose}
      const net = require("node:net");
      const server = net.createServer((socket) => {
        console.log("accepted", whose(socket), socket instanceof net.Socket);
        socket.pipe(socket);
      });
      server.listen(0, "127.0.0.1", () => {
        const client = net.connect(server.address().port, "127.0.0.1", () => client.end("hello"));
        client.on("data", (bytes) => console.log(String(bytes), whose(client), client.constructor === net.Socket));
        client.on("close", () => server.close());
      });`,
    prints: "accepted ours true\nhello ours true\n",
  },
  {
    what: "methods that a tracer or a mock wraps before the engine is loaded",
    source: `${whose}
      const net = require("node:net");
      for (const [prototype, name] of [[net.Socket.prototype, "connect"], [net.Server.prototype, "_listen2"]]) {
        const wrapped = prototype[name];
        prototype[name] = function (...args) {
          console.log(name);
          return wrapped.apply(this, args);
        };
      }
      class Derived extends net.Socket {}
      const server = require("node:http").createServer((request, response) => response.end());
      const derived = new Derived().connect(1, "127.0.0.1").on("error", (error) => {
        console.log(whose(derived), error.code);
        server.listen(0, "127.0.0.1", async () => {
          const client = net.connect(server.address().port, "127.0.0.1", () => client.destroy());
          client.on("close", () => console.log(whose(client), server.close().listening));
        });
      });`,
    prints: "connect\nNode's ECONNREFUSED\n_listen2\nconnect\nours false\n",
  },
  {
    what: "only servers, if the environment says so",
    environment: { BERKELEY_REGISTER: "listen" },
    source: `${whose}
      const net = require("node:net");
      const server = net.createServer((socket) => {
        console.log("accepted", whose(socket));
        socket.end();
        server.close();
      });
      server.listen(0, "127.0.0.1", () => {
        const client = net.connect(server.address().port, "127.0.0.1", () => console.log(whose(client)));
        client.resume();
      });`,
    prints: "Node's\naccepted ours\n",
  },
  {
    what: "http, its agent, fetch and an upgrade",
    source: `${whose}
      const http = require("node:http");
      const server = http.createServer((request, response) => {
        response.end(request.socket.remoteAddress + " " + whose(request.socket));
      });
      server.on("upgrade", (request, socket) => socket.end("HTTP/1.1 101 Switching\\r\\nConnection: upgrade\\r\\nUpgrade: x\\r\\n\\r\\nup"));
      server.listen(0, "127.0.0.1", async () => {
        const { port } = server.address();
        const agent = new http.Agent({ keepAlive: true });
        const get = () => new Promise((resolve) => http.get({ port, host: "127.0.0.1", agent }, (response) => {
          const { reusedSocket } = response.req;
          let text = "";
          response.on("data", (piece) => (text += piece)).on("end", () => resolve(text + " " + reusedSocket));
        }));
        console.log(await get());
        await new Promise(setImmediate);
        console.log(await get());
        agent.destroy();
        console.log(await (await fetch("http://127.0.0.1:" + port)).text());
        const request = http.get({ port, host: "127.0.0.1", headers: { connection: "upgrade", upgrade: "x" } });
        request.on("upgrade", (response, socket, head) => {
          console.log(response.statusCode, whose(socket));
          socket.on("close", () => server.closeAllConnections());
          socket.resume();
          server.close();
        });
      });`,
    prints: "127.0.0.1 ours false\n127.0.0.1 ours true\n127.0.0.1 ours\n101 ours\n",
  },
  {
    what: "an agent's idle connection that receives unsolicited bytes",
    source: `
      const http = require("node:http");
      const net = require("node:net");
      const sockets = [];
      const answer = (body) => "HTTP/1.1 200 OK\\r\\nContent-Length: " + body.length + "\\r\\n\\r\\n" + body;
      const server = net.createServer((socket) => {
        sockets.push(socket);
        socket.on("data", () => socket.write(answer("good")));
        socket.on("error", () => {});
      });
      server.listen(0, "127.0.0.1", async () => {
        const { port } = server.address();
        const agent = new http.Agent({ keepAlive: true });
        const get = () => new Promise((resolve) => http.get({ port, host: "127.0.0.1", agent }, (response) => {
          let text = "";
          response.on("data", (piece) => (text += piece)).on("end", () => resolve(text));
        }));
        console.log(await get());
        const [name] = Object.keys(agent.freeSockets);
        const closed = new Promise((resolve) => agent.freeSockets[name][0].once("close", resolve));
        sockets[0].write(answer("evil"));
        await closed;
        console.log(await get());
        agent.destroy();
        server.close();
      });`,
    prints: "good\ngood\n",
  },
  {
    what: "https, whose server knows the peer's address",
    source: `
      const https = require("node:https");
      const settings = {
        ciphers: "PSK",
        maxVersion: "TLSv1.2",
        pskIdentityHint: "x",
        pskCallback: () => ({ psk: Buffer.alloc(32, 1), identity: "me" }),
        checkServerIdentity: () => {},
      };
      const server = https.createServer(settings, (request, response) => response.end(request.socket.remoteAddress));
      server.listen(0, "127.0.0.1", () => {
        const { port } = server.address();
        https.get({ ...settings, port, host: "127.0.0.1", agent: false }, (response) => {
          response.on("data", (text) => console.log(String(text))).on("end", () => server.close());
        });
      });`,
    prints: "127.0.0.1\n",
  },
  {
    what: "http2 without TLS",
    source: `
      const http2 = require("node:http2");
      const server = http2.createServer((request, response) => response.end(request.socket.remoteAddress));
      server.listen(0, "127.0.0.1", () => {
        const session = http2.connect("http://127.0.0.1:" + server.address().port);
        const stream = session.request({ ":path": "/" });
        stream.on("data", (text) => console.log(String(text)));
        stream.on("end", () => { session.close(); server.close(); });
      });`,
    prints: "127.0.0.1\n",
  },
  {
    what: "TLS over a Socket of ours, as databases' clients start it",
    source: `
      const net = require("node:net");
      const tls = require("node:tls");
      const settings = {
        ciphers: "PSK",
        maxVersion: "TLSv1.2",
        pskIdentityHint: "x",
        pskCallback: () => ({ psk: Buffer.alloc(32, 1), identity: "me" }),
        checkServerIdentity: () => {},
      };
      const server = tls.createServer(settings, (socket) => socket.end("secret"));
      server.listen(0, "127.0.0.1", () => {
        const socket = net.connect(server.address().port, "127.0.0.1", () => {
          const secure = tls.connect({ ...settings, socket });
          secure.on("data", (text) => console.log(String(text)));
          secure.on("close", () => server.close());
        });
      });`,
    prints: "secret\n",
  },
  {
    what: "the output of child processes, in every way",
    source: `
      const { spawn, execFileSync, fork } = require("node:child_process");
      const { stdout } = spawn(process.execPath, ["-e", "console.log('by a pipe')"]);
      stdout.on("data", (text) => process.stdout.write(text));
      stdout.on("close", () => {
        process.stdout.write(execFileSync(process.execPath, ["-p", "'at once'"]));
        const child = spawn("cat", { stdio: ["pipe", "inherit", "inherit"] });
        child.stdin.end("through cat\\n");
      });`,
    prints: "by a pipe\nat once\nthrough cat\n",
  },
  {
    what: "a worker thread that serves",
    source: `${whose}
      const { Worker, isMainThread, parentPort } = require("node:worker_threads");
      const net = require("node:net");
      if (isMainThread) {
        const worker = new Worker(__filename);
        worker.on("message", (port) => {
          const client = net.connect(port, "127.0.0.1");
          client.on("data", (text) => console.log(String(text))).on("close", () => worker.terminate());
        });
      } else {
        const server = net.createServer((socket) => socket.end("a worker, " + whose(socket)));
        server.listen(0, "127.0.0.1", () => parentPort.postMessage(server.address().port));
      }`,
    prints: "a worker, ours\n",
  },
  {
    what: "a cluster, whose primary process gives the socket",
    source: `
      const cluster = require("node:cluster");
      const net = require("node:net");
      if (cluster.isPrimary) {
        const worker = cluster.fork();
        cluster.on("listening", (_, address) => {
          const client = net.connect(address.port, "127.0.0.1");
          client.on("data", (text) => console.log(String(text))).on("close", () => worker.kill());
        });
      } else {
        net.createServer((socket) => socket.end("a worker")).listen(0, "127.0.0.1");
      }`,
    prints: "a worker\n",
  },
  {
    what: "a program that neither listens nor connects, which loads no engine",
    source: `console.log(Object.keys(require.cache).filter((path) => path.includes("engine")).length);`,
    prints: "0\n",
  },
];

for (const { what, source, prints, environment } of programs) {
  for (const how of ["--require", "--import"] as const) {
    netTest(`register with ${how}: ${what}`, async (fixture) => {
      const program = join(fixture.folder(), "program.cjs");
      writeFileSync(program, source);
      const preload = how === "--import" ? `${pathToFileURL(register)}` : register;
      const env = { ...process.env, ...environment };
      const options = { encoding: "utf8", timeout: 30_000, env } as const;
      const run = spawnSync(process.execPath, [how, preload, program], options);
      const { status, stdout, stderr } = run;
      assert.deepEqual({ status, stdout, stderr }, { status: 0, stdout: prints, stderr: "" });
    });
  }
}

netTest("register: an ES module's own imports of node:net", async (fixture) => {
  const program = join(fixture.folder(), "program.mjs");
  writeFileSync(
    program,
    `import { connect, createServer, Socket } from "node:net";
    const server = createServer((socket) => { console.log("_connection" in socket, socket instanceof Socket); socket.end(); server.close(); });
    server.listen(0, "127.0.0.1", () => connect(server.address().port, "127.0.0.1").resume());`,
  );
  const args = ["--import", `${pathToFileURL(register)}`, program];
  const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: "utf8", timeout: 30_000 });
  assert.deepEqual({ stdout, stderr }, { stdout: "true true\n", stderr: "" });
});

netTest("register: a terminal", async (fixture) => {
  const program = join(fixture.folder(), "program.cjs");
  writeFileSync(
    program,
    `const net = require("node:net");
    console.log("stdout", process.stdout.isTTY, process.stdout instanceof net.Socket);
    process.stdin.setRawMode(true).on("data", (key) => { console.log("key", String(key)); });
    net.createServer().listen(0, () => console.log("listening"));`,
  );
  const terminal = Terminal.open(fixture, `${process.execPath} --require ${register} ${program}`);
  if (terminal === undefined) return;
  await terminal.shows(/listening/);
  terminal.press("x");
  assert.match(plain(await terminal.shows(/key x/)), /stdout true true/);
});
