import assert from "node:assert/strict";
import type { Engine } from "../../src/engine/engine.ts";
import { SHUT, SOCK } from "../../src/posix/constants.ts";
import { Socket } from "../../src/posix/owned-socket.ts";
import { recv, tryRecv } from "../../src/posix/recv.ts";
import { send } from "../../src/posix/send.ts";
import { shutdown } from "../../src/posix/shutdown.ts";
import { host } from "../../src/system/host.ts";
import type { Fixture } from "../fixture.ts";
import { engineTest, eventually, someTurns } from "./engine-test.ts";
import { RecordedStream } from "./recorded-stream.ts";

const { ECANCELED = 0 } = host.errnos;
const scratch = new Uint8Array(1 << 20);

interface Released {
  readonly errno: number;
  readonly received: string;
}

function release({ stream }: RecordedStream): Promise<Released> {
  return new Promise((resolve) =>
    stream.release((errno, received) => resolve({ errno, received: `${Buffer.concat(received)}` })),
  );
}

/** Receives the available data, if any. */
function receive(socket: Socket): string {
  const result = tryRecv(socket, scratch);
  return result.ok ? `${Buffer.from(scratch.subarray(0, result.value))}` : "";
}

/** A stream whose descriptor is given back. */
export function releaseSuite(engine: Engine): void {
  const releaseTest = (what: string, run: (fixture: Fixture) => Promise<void>) =>
    engineTest(engine, `release: ${what}`, run, {
      windows: "detach() is not supported there, and loopback delivers later than a test may look",
    });

  function recorded(fixture: Fixture): [RecordedStream, Socket] {
    const [left, right] = fixture.pair(SOCK.STREAM, { nonblocking: true });
    return [new RecordedStream(engine, left), right];
  }

  releaseTest(
    "release(): the descriptor stays open, and the engine no longer receives from it",
    async (fixture) => {
      const [left, peer] = recorded(fixture);
      const { fd } = left.stream;
      assert.deepEqual(await release(left), { errno: 0, received: "" });
      const socket = fixture.own(Socket.from(fd));
      send(peer, Buffer.from("after"));
      await someTurns();
      assert.equal(receive(socket), "after");
      assert.equal(left.text, "");
    },
  );

  releaseTest(
    "release(): received data that was not delivered is returned, and later data stays in the socket",
    async (fixture) => {
      const [left, peer] = recorded(fixture);
      const { fd } = left.stream;
      left.stream.resume();
      send(peer, Buffer.from("told,"));
      await left.until(() => left.text === "told,");
      left.stream.pause();
      let sent = "";
      // More than one piece of it may be with the engine.
      for (let piece = 0; piece < 40; piece++) {
        send(peer, Buffer.from(`${piece},`));
        sent += `${piece},`;
        if (piece % 3 === 0) await someTurns();
      }
      const releasing = release(left);
      send(peer, Buffer.from("last"));
      const { errno, received } = await releasing;
      assert.equal(errno, 0);
      const socket = fixture.own(Socket.from(fd));
      assert.equal(left.text + received + receive(socket), `told,${sent}last`);
      shutdown(peer, SHUT.WR);
      assert.equal(recv(socket, scratch), 0);
      assert.equal(left.ended, false);
    },
  );

  releaseTest("release() in a handler: other data of the same turn is returned", async (fixture) => {
    const [left, peer] = recorded(fixture);
    const { fd } = left.stream;
    const releasing = new Promise<Released>((resolve) => {
      left.whenData = () => resolve(release(left));
    });
    left.stream.resume();
    await someTurns();
    // As many pieces as it takes engines several buffers to receive.
    const sent = Array.from({ length: 20_000 }, (_, index) => `${index},`).join("");
    assert.equal(send(peer, Buffer.from(sent)), sent.length);
    const { received } = await releasing;
    const socket = fixture.own(Socket.from(fd));
    assert.equal(left.chunks.length, 1);
    assert.equal(left.text + received + receive(socket), sent);
  });

  releaseTest(
    "release() in another stream's handler: data that reached both at once is returned",
    async (fixture) => {
      const [[left, leftPeer], [right, rightPeer]] = [recorded(fixture), recorded(fixture)];
      const { fd } = right.stream;
      const releasing = new Promise<Released>((resolve) => {
        left.whenData = () => resolve(release(right));
      });
      left.stream.resume();
      right.stream.resume();
      await someTurns();
      send(leftPeer, Buffer.from("left"));
      send(rightPeer, Buffer.from("right"));
      const { received } = await releasing;
      const socket = fixture.own(Socket.from(fd));
      assert.equal(right.text + received + receive(socket), "right");
      await left.close();
    },
  );

  releaseTest("release(): written data is sent first, and the end if requested", async (fixture) => {
    const [left, peer] = recorded(fixture);
    const { fd } = left.stream;
    const size = 4 << 20;
    const order: string[] = [];
    left.stream.write(new Uint8Array(size));
    left.stream.shutdown((errno) => order.push(`end ${errno}`));
    let inside = true;
    const releasing = release(left).then((released) => {
      assert.equal(inside, false);
      order.push("released");
      return released;
    });
    inside = false;
    let received = 0;
    while (received < size) {
      if (left.stream.pendingBytes > 0) assert.deepEqual(order, []);
      received += receive(peer).length;
      await someTurns();
    }
    assert.deepEqual(await releasing, { errno: 0, received: "" });
    assert.deepEqual(order, ["end 0", "released"]);
    fixture.own(Socket.from(fd));
    assert.equal(recv(peer, scratch), 0);
    assert.equal(left.drains, 0);
  });

  for (const how of ["reset", "closeNow"] as const) {
    releaseTest(`${how}() cuts it short, and closes the descriptor`, async (fixture) => {
      const [left, peer] = recorded(fixture);
      left.stream.resume();
      left.stream.write(new Uint8Array(4 << 20));
      await someTurns();
      const releasing = release(left);
      await someTurns();
      left.stream[how]();
      assert.deepEqual(await releasing, { errno: -ECANCELED, received: "" });
      const last = await eventually(() => {
        const result = tryRecv(peer, scratch);
        return result.ok && result.value > 0 ? undefined : result;
      });
      assert.equal(last.ok && last.value, 0);
    });
  }
}
