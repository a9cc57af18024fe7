// Connections that a program passes to child processes, and Node's own channels, under
// `berkeley/register`.
import { netTest } from "../../test/engine/net-test.ts";
import { runRegistered } from "../../test/registered-program.ts";

const passing = (options: string, pass: string) => `
  const { fork, spawn } = require("node:child_process");
  const net = require("node:net");
  if (process.argv[2] === "child") {
    process.on("message", (_, socket) => {
      socket.on("data", (bytes) => socket.end("child got " + bytes)).on("close", () => process.disconnect());
    });
    return;
  }
  const server = net.createServer(${options}, (socket) => {
    ${pass}
    server.close();
  });
  server.listen(0, "127.0.0.1", () => {
    const client = net.connect(server.address().port, "127.0.0.1");
    client.write("hello");
    client.on("data", (bytes) => console.log(String(bytes))).on("error", () => {});
  });`;

netTest("register: a connection accepted paused is sent to a child process", async (fixture) =>
  runRegistered(
    fixture,
    passing("{ pauseOnConnect: true }", `fork(__filename, ["child"]).send("take it", socket);`),
    ["child got hello"],
  ),
);

netTest("register: a connection accepted paused is a child's input and output", async (fixture) =>
  runRegistered(
    fixture,
    passing(
      "{ pauseOnConnect: true }",
      `spawn("head", ["-c", "5"], { stdio: [socket, socket, "inherit"] }).on("exit", () => socket.destroy());`,
    ),
    ["hello"],
  ),
);

netTest("register: a connection that is received from cannot be sent to a child", async (fixture) =>
  runRegistered(
    fixture,
    passing(
      "{}",
      `const child = fork(__filename, ["child"]);
      try {
        child.send("take it", socket);
      } catch ({ code, message }) {
        console.log(code, message.includes("pauseOnConnect: true"));
      }
      child.kill();
      socket.destroy();`,
    ),
    ["ERR_INVALID_HANDLE_TYPE true"],
  ),
);

netTest("register: Node's channels publish each listen() and client once", async (fixture) =>
  runRegistered(
    fixture,
    `const channels = require("node:diagnostics_channel");
    const net = require("node:net");
    const hear = (name) => channels.subscribe(name, ({ error }) => console.log(name, error?.code));
    for (const event of ["asyncEnd", "error"]) hear("tracing:net.server.listen:" + event);
    hear("net.client.socket");
    const server = net.createServer((socket) => socket.end());
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      net.connect(port, "127.0.0.1").resume().on("close", () => {
        const other = net.createServer().on("error", () => server.close());
        other.listen(port, "127.0.0.1");
      });
    });`,
    [
      "tracing:net.server.listen:asyncEnd undefined",
      "net.client.socket undefined",
      "tracing:net.server.listen:error EADDRINUSE",
    ],
  ),
);
