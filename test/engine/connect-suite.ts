import assert from "node:assert/strict";
import type { AddressInput } from "../../src/address/address.ts";
import { encodeAddress } from "../../src/address/sockaddr.ts";
import type { Engine, PendingConnect } from "../../src/engine/engine.ts";
import { accept } from "../../src/posix/accept.ts";
import { bind } from "../../src/posix/bind.ts";
import { close } from "../../src/posix/close.ts";
import { connect } from "../../src/posix/connect.ts";
import { AF, SOCK } from "../../src/posix/constants.ts";
import { getsockname } from "../../src/posix/getsockname.ts";
import { listen } from "../../src/posix/listen.ts";
import type { Socket } from "../../src/posix/owned-socket.ts";
import { recv } from "../../src/posix/recv.ts";
import { host } from "../../src/system/host.ts";
import type { Fixture } from "../fixture.ts";
import type { Exceptions } from "../platform.ts";
import { noAbstractNames } from "../winsock-exceptions.ts";
import { engineTest, someTurns } from "./engine-test.ts";
import { RecordedStream } from "./recorded-stream.ts";

const { ECANCELED = 0, ECONNREFUSED = 0 } = host.errnos;

export function connectSuite(engine: Engine): void {
  const connectTest = (what: string, run: (fixture: Fixture) => Promise<void>, exceptions?: Exceptions) =>
    engineTest(engine, `connect: ${what}`, run, exceptions);

  /** Starts connecting, and overwrites the buffer of the address at once. */
  function begin(socket: Socket, address: AddressInput, done: (errno: number) => void): PendingConnect {
    const sockaddr = encodeAddress(address, host, host.address);
    const pending = engine.connect(socket.fd, sockaddr, done);
    sockaddr.bytes.fill(0);
    return pending;
  }

  const connected = (socket: Socket, address: AddressInput) =>
    new Promise<number>((resolve) => begin(socket, address, resolve));

  connectTest("connects, and the socket stays the caller's", async (fixture) => {
    const listener = fixture.listener();
    const clients = Array.from({ length: 5 }, () => fixture.tcp({ nonblocking: true }));
    const results = await Promise.all(clients.map((client) => connected(client, getsockname(listener))));
    assert.deepEqual(results, [0, 0, 0, 0, 0]);
    const [client] = clients;
    assert.ok(client);
    const stream = new RecordedStream(engine, client);
    stream.stream.write(Buffer.from("hello"));
    await stream.until(() => stream.stream.pendingBytes === 0);
    const buffer = new Uint8Array(5);
    recv(fixture.own(accept(listener).socket), buffer);
    assert.equal(Buffer.from(buffer).toString(), "hello");
    await stream.close();
  });

  connectTest(
    "to a unix socket",
    async (fixture) => {
      const address = fixture.abstractAddress();
      const listener = fixture.socket(AF.UNIX, SOCK.STREAM);
      bind(listener, address);
      listen(listener, 4);
      const client = fixture.socket(AF.UNIX, SOCK.STREAM, 0, { nonblocking: true });
      assert.equal(await connected(client, address), 0);
    },
    noAbstractNames,
  );

  connectTest("reports that nothing listens", async (fixture) => {
    const bound = fixture.boundTcp();
    assert.equal(await connected(fixture.tcp({ nonblocking: true }), getsockname(bound)), -ECONNREFUSED);
  });

  connectTest("cancel() aborts a connect in progress", async (fixture) => {
    const { socket, address } = unanswered(fixture);
    const calls: number[] = [];
    const result = await new Promise<number>((resolve) => {
      const pending = begin(socket, address, (errno) => {
        calls.push(errno);
        resolve(errno);
      });
      someTurns().then(() => {
        pending.cancel();
        pending.cancel();
      });
    });
    assert.equal(result, -ECANCELED);
    await someTurns();
    assert.deepEqual(calls, [-ECANCELED]);
    close(socket);
  });

  connectTest("cancel() immediately, and after the end", async (fixture) => {
    const listener = fixture.listener();
    let pending: PendingConnect | undefined;
    const calls: number[] = [];
    await new Promise<void>((resolve) => {
      pending = begin(fixture.tcp({ nonblocking: true }), getsockname(listener), (errno) => {
        calls.push(errno);
        resolve();
      });
      pending.cancel();
    });
    pending?.cancel();
    await someTurns();
    assert.equal(calls.length, 1);
    assert.ok(calls[0] === 0 || calls[0] === -ECANCELED, String(calls[0]));
  });
}

/** A socket and an address that does not answer: its queue is full. */
function unanswered(fixture: Fixture): { readonly socket: Socket; readonly address: AddressInput } {
  const listener = fixture.listener(0);
  const address = getsockname(listener);
  connect(fixture.tcp(), address);
  return { socket: fixture.tcp({ nonblocking: true }), address };
}
