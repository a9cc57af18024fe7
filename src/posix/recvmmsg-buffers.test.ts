import assert from "node:assert/strict";
import { conformance } from "../../test/conformance.ts";
import { type Fixture, loopback } from "../../test/fixture.ts";
import { bind } from "./bind.ts";
import { connect } from "./connect.ts";
import { MSG } from "./constants.ts";
import { getsockname } from "./getsockname.ts";
import type { Socket } from "./owned-socket.ts";
import type { MessageBuffers } from "./received-message.ts";
import { recvmmsg } from "./recvmmsg.ts";
import { sendmmsg } from "./sendmmsg.ts";
import { sendto } from "./sendto.ts";

// Reused buffers are neither checked nor resolved again. These tests change them in between.

interface Pair {
  readonly sender: Socket;
  readonly receiver: Socket;
}

function pair(fixture: Fixture): Pair {
  const [sender, receiver] = [fixture.udp(), fixture.udp()];
  bind(receiver, loopback);
  connect(sender, getsockname(receiver));
  return { sender, receiver };
}

function transfer({ sender, receiver }: Pair, texts: readonly string[], buffers: readonly MessageBuffers[]) {
  sendmmsg(
    sender,
    texts.map((text) => ({ data: [Buffer.from(text)] })),
  );
  return recvmmsg(receiver, buffers, MSG.WAITFORONE);
}

const textIn = (bytes: Uint8Array | undefined, length: number | undefined) =>
  Buffer.from(bytes ?? []).toString("latin1", 0, length);

const source = "what rooms that are used again save";

conformance("recvmmsg", [
  {
    clause: "the same rooms take message after message",
    source,
    except: { windows: "Windows has no MSG_WAITFORONE" },
    run(fixture) {
      const sockets = pair(fixture);
      const buffers = [{ data: [new Uint8Array(2), new Uint8Array(8)] }, { data: [new Uint8Array(8)] }];
      for (const texts of [["first", "second"], ["3", "fourth"], ["fifth"]]) {
        const messages = transfer(sockets, texts, buffers);
        const told = messages.map(({ bytes }, index) =>
          textIn(Buffer.concat(buffers[index]?.data ?? []), bytes),
        );
        assert.deepEqual(told, texts);
      }
    },
  },
  {
    clause: "data goes into a buffer that has replaced another of the same length in the array",
    source,
    except: { windows: "Windows has no MSG_WAITFORONE" },
    run(fixture) {
      const sockets = pair(fixture);
      const [first, second] = [new Uint8Array(8), new Uint8Array(8)];
      const data = [first];
      const buffers = [{ data }];
      transfer(sockets, ["before"], buffers);
      data[0] = second;
      transfer(sockets, ["after"], buffers);
      data.push(new Uint8Array(8));
      transfer(sockets, ["123456789"], buffers);
      assert.equal(textIn(first, 6), "before");
      assert.equal(textIn(second, 8), "12345678");
      assert.equal(textIn(data[1], 1), "9");
    },
  },
  {
    clause: "a buffer that was transferred in the meantime is refused",
    source,
    except: { windows: "Windows has no MSG_WAITFORONE" },
    run(fixture) {
      const sockets = pair(fixture);
      const buffer = new Uint8Array(8);
      const buffers = [{ data: [buffer] }];
      transfer(sockets, ["before"], buffers);
      const { port1, port2 } = new MessageChannel();
      port1.postMessage(buffer, [buffer.buffer]);
      port1.close();
      port2.close();
      assert.throws(() => transfer(sockets, ["after"], buffers), /a piece of data is detached/);
    },
  },
  {
    clause: "room for control messages may change from call to call",
    source,
    except: { windows: "Windows has no MSG_WAITFORONE" },
    run(fixture) {
      const sockets = pair(fixture);
      const scratch = { data: [new Uint8Array(8)], controlLength: 0 };
      for (const controlLength of [0, 64, 100_000, 0]) {
        scratch.controlLength = controlLength;
        assert.equal(transfer(sockets, ["text"], [scratch]).length, 1);
      }
      const buffers = [scratch];
      transfer(sockets, ["text"], buffers);
      scratch.controlLength = -1;
      assert.throws(() => transfer(sockets, ["text"], buffers), /controlLength/);
    },
  },
  {
    clause: "messages of one sender share its address; those of others have their own",
    source,
    except: { windows: "Windows has no MSG_WAITFORONE" },
    run(fixture) {
      const { sender, receiver } = pair(fixture);
      const other = fixture.udp();
      bind(other, loopback);
      const senders = [sender, sender, other, sender];
      for (const each of senders) sendto(each, Buffer.from("text"), 0, getsockname(receiver));
      const buffers = senders.map(() => ({ data: [new Uint8Array(8)] }));
      const addresses = recvmmsg(receiver, buffers, MSG.WAITFORONE).map(({ address }) => address);
      assert.deepEqual(
        addresses,
        senders.map((each) => getsockname(each)),
      );
      assert.equal(addresses[0], addresses[1]);
    },
  },
]);
