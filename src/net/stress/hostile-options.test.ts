// Getters of options and addresses may do anything: close the socket, transfer the bytes that are
// sent with them, or return something else the next time.
import assert from "node:assert/strict";
import { asyncApiTest, withEnds } from "../../../test/engine/async-api.ts";
import type { AddressInput } from "../../address/address.ts";
import type { DatagramSocketBase } from "../udp/datagram-socket-base.ts";
import { udp } from "../udp/udp.ts";

const transferred = { name: "TypeError", code: "ERR_INVALID_ARG_VALUE" };

/** An address that runs code when its port is read. */
const toPort = (port: number, act: () => void): AddressInput => ({
  family: "ipv4",
  address: "127.0.0.1",
  get port() {
    act();
    return port;
  },
});

const transfer = (bytes: Uint8Array<ArrayBuffer>) =>
  structuredClone(bytes.buffer, { transfer: [bytes.buffer] });

const shut = (socket: DatagramSocketBase) => void socket.close();

asyncApiTest("send(): a getter of the address that closes the socket or takes the bytes", async (engine) => {
  await using receiver = await udp({ host: "127.0.0.1", engine });
  await using sender = await udp({ host: "127.0.0.1", engine });
  const bytes = Uint8Array.of(1, 2, 3);
  await assert.rejects(
    sender.send(
      bytes,
      toPort(receiver.port, () => transfer(bytes)),
    ),
    transferred,
  );
  const closing = sender.send(
    Uint8Array.of(4),
    toPort(receiver.port, () => shut(sender)),
  );
  await assert.rejects(closing, { name: "SocketClosed" });
});

asyncApiTest("send() with handlers: a getter of the address that does so", async (engine) => {
  const errors: unknown[] = [];
  const handlers = { error: (_: unknown, error: unknown) => void errors.push(error) };
  await using receiver = await udp({ host: "127.0.0.1", engine });
  await using sender = await udp({ host: "127.0.0.1", engine }, handlers);
  const bytes = Uint8Array.of(1, 2, 3);
  assert.throws(
    () =>
      sender.send(
        bytes,
        toPort(receiver.port, () => transfer(bytes)),
      ),
    transferred,
  );
  assert.equal(
    sender.send(
      Uint8Array.of(4),
      toPort(receiver.port, () => shut(sender)),
    ),
    false,
  );
  await sender.close();
  assert.deepEqual(errors, []);
});

asyncApiTest("options are read once, before the bytes are checked", (engine) =>
  withEnds(engine, { host: "127.0.0.1" }, async ({ client, server }) => {
    const bytes = Uint8Array.of(1, 2, 3);
    let reads = 0;
    const options = {
      get signal() {
        reads += 1;
        if (reads > 1) transfer(bytes);
        return undefined;
      },
    };
    await client.write(bytes, options);
    assert.equal(reads, 1);
    const changing = {
      get timeout() {
        reads += 1;
        return reads === 2 ? 60_000 : Number.NaN;
      },
    };
    assert.deepEqual(await server.read(changing), bytes);
    const taking = {
      get signal() {
        transfer(bytes);
        return undefined;
      },
    };
    await assert.rejects(client.write(bytes, taking), transferred);
  }),
);

asyncApiTest("send(): a getter of the address that throws once the datagram has failed", async (engine) => {
  await using receiver = await udp({ host: "127.0.0.1", engine });
  await using sender = await udp({ host: "127.0.0.1", engine });
  const { port } = receiver;
  let reads = 0;
  const to = toPort(port, () => {
    reads += 1;
    if (reads > 1) throw new Error("read again");
  });
  await assert.rejects(sender.send(new Uint8Array(66_000), to), { name: "MessageTooBig" });
  await sender.send(Uint8Array.of(1), receiver.address);
  assert.equal((await receiver.receive()).data.length, 1);
});
