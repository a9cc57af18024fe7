// Each kind of handle keeps the process running until it is closed, unless unref'd.
import assert from "node:assert/strict";
import { test } from "node:test";
import { enginesHere } from "../../test/engine/engines-here.ts";
import { runSource } from "../../test/program.ts";

const address = (path: string) => JSON.stringify(new URL(path, import.meta.url).href);

/** Makes `handle`, and `end()`, which closes it. */
const kinds: Readonly<Record<string, string>> = {
  stream: `
    const client = socket(AF.INET, SOCK.STREAM);
    connect(client, getsockname(listener));
    setNonblocking(client);
    const handle = engine(name).stream(client.detach(), handlers);
    handle.resume();
    const end = () => handle.close();`,
  acceptor: `
    setNonblocking(listener);
    const handle = engine(name).acceptor(listener.detach(), handlers);
    handle.accept(Infinity);
    const end = () => handle.close();`,
  datagrams: `
    const datagrams = socket(AF.INET, SOCK.DGRAM, 0, { nonblocking: true });
    bind(datagrams, { family: "ipv4", address: "127.0.0.1", port: 0 });
    const handle = engine(name).datagrams(datagrams.detach(), handlers);
    handle.resume();
    const end = () => handle.close();`,
  poll: `
    const polled = socket(AF.INET, SOCK.DGRAM, 0, { nonblocking: true });
    bind(polled, { family: "ipv4", address: "127.0.0.1", port: 0 });
    const handle = engine(name).poll(polled.fd, "receive", () => close(polled));
    const end = () => handle.cancel();`,
  // The queue is full, so connecting gets no answer.
  connect: `
    connect(socket(AF.INET, SOCK.STREAM), getsockname(listener));
    const client = socket(AF.INET, SOCK.STREAM, 0, { nonblocking: true });
    const to = encodeAddress(getsockname(listener), host, host.address);
    const handle = engine(name).connect(client.fd, to, () => close(client));
    const end = () => handle.cancel();`,
};

/** The code to run with the handle, and its expected output. */
const uses: Readonly<Record<string, readonly [body: string, printed: string]>> = {
  "holds it": [`setTimeout(() => { console.log("held"); end(); }, 20).unref();`, "held\nexit\n"],
  "lets it end once it is closed": ["setImmediate(end);", "exit\n"],
  "does not hold it once unref'd": ["handle.unref(); handle.unref();", "exit\n"],
  "holds it again once ref'd": [
    `handle.unref(); handle.ref(); handle.ref();
     setTimeout(() => { console.log("held"); handle.unref(); }, 20).unref();`,
    "held\nexit\n",
  ],
};

/** An attempt that is answered has ended, and keeps nothing running. */
const answered = `
    listen(listener, 8);
    const client = socket(AF.INET, SOCK.STREAM, 0, { nonblocking: true });
    const to = encodeAddress(getsockname(listener), host, host.address);
    engine(name).connect(client.fd, to, () => close(client));`;

for (const { name } of enginesHere) {
  check(name, "a connect that is answered lets it end", answered, "exit\n");
  for (const [kind, make] of Object.entries(kinds))
    for (const [use, [body, printed]] of Object.entries(uses))
      check(name, `${kind}: ${use}`, make + body, printed);
}

function check(name: string, what: string, body: string, printed: string): void {
  test(`${name}: ${what}`, () => {
    const { status, stdout, stderr } = runSource(`
      import { engine } from ${address("./choice.js")};
      import { encodeAddress } from ${address("../address/sockaddr.js")};
      import { AF, bind, close, connect, getsockname, listen, SOCK, socket } from ${address("../posix/index.js")};
      import { host } from ${address("../system/host.js")};
      const name = ${JSON.stringify(name)};
      const handlers = {
        onData() {}, onEnd() {}, onError() {}, onDrain() {}, onAccept() {}, onDatagram() {}, onSent() {},
      };
      const setNonblocking = ({ fd }) => host.setNonblocking(fd, true);
      const listener = socket(AF.INET, SOCK.STREAM);
      bind(listener, { family: "ipv4", address: "127.0.0.1", port: 0 });
      listen(listener, 0);
      process.on("exit", () => console.log("exit"));
      ${body}
    `);
    assert.deepEqual({ status, stdout }, { status: 0, stdout: printed }, stderr);
  });
}
