// The events and callbacks of a Duplex, their order, and what its peer reads. Each row applies to
// Node's net.Socket, a connection's Duplex, and berkeley/net's Socket.
import assert from "node:assert/strict";
import { once } from "node:events";
import type { Duplex } from "node:stream";
import { setImmediate } from "node:timers/promises";
import { SO } from "../src/options/so.ts";
import { close } from "../src/posix/close.ts";
import { connect } from "../src/posix/connect.ts";
import { SHUT } from "../src/posix/constants.ts";
import type { Socket } from "../src/posix/owned-socket.ts";
import { tryRecv } from "../src/posix/recv.ts";
import { trySend } from "../src/posix/send.ts";
import { setsockopt } from "../src/posix/setsockopt.ts";
import { tryShutdown } from "../src/posix/shutdown.ts";

/** The members that net.Socket and a connection's Duplex share. */
export interface DuplexSubject extends Duplex {
  readonly bytesRead: number;
  destroySoon(): void;
  resetAndDestroy(): unknown;
}

type Log = (what: string) => (value?: unknown) => void;

export interface DuplexRow {
  readonly what: string;
  readonly allowHalfOpen?: boolean;
  readonly run: (subject: DuplexSubject, peer: Socket, log: Log) => unknown;
  /** The events and callbacks, in order. */
  readonly told: string;
  /**
   * The same for net.Socket since Node 26, where a write that destroy() cut short fails with
   * ECANCELED.
   */
  readonly toldByNode26?: string;
  /**
   * What the peer reads, and how that ends; "many" is some, but not all, of the written bytes.
   * Undefined if the peer is closed.
   */
  readonly peer: string | undefined;
}

const SMALL = Buffer.from("hello");
/** More than the buffers of two sockets hold. */
const BIG = Buffer.alloc(32 << 20, 1);
const mine = () => Object.assign(new Error("mine"), { code: "MINE" });

const send = (peer: Socket, bytes: Uint8Array) => assert.ok(trySend(peer, bytes).ok);
/** If the connection has ended by then, there is nothing to end. */
const end = (peer: Socket) => void tryShutdown(peer, SHUT.WR);

function reset(peer: Socket): void {
  setsockopt(peer, SO.LINGER, { on: true, seconds: 0 });
  close(peer);
}

async function until(done: () => boolean): Promise<void> {
  while (!done()) await setImmediate();
}

/** Reads to the end, and ends. */
async function outcome(peer: Socket): Promise<string> {
  const buffer = new Uint8Array(1 << 20);
  for (let bytes = 0; ; ) {
    const received = tryRecv(peer, buffer);
    if (received.ok && received.value > 0) bytes += received.value;
    else if (!received.ok && received.error.name === "WouldBlock") await setImmediate();
    else {
      const ended = received.ok ? "end" : received.error.code;
      if (received.ok) end(peer);
      return `${bytes > 1000 && bytes < BIG.length ? "many" : bytes} ${ended}`;
    }
  }
}

export const duplexRows: readonly DuplexRow[] = [
  {
    what: "end(), and then the peer's",
    run: (subject, _, log) => once(subject.resume().end("x", log("ended")), "finish"),
    told: "ended(null) finish end close(false)",
    peer: "1 end",
  },
  {
    what: "the peer's end ends this side",
    run: (subject, peer) => {
      send(peer, SMALL);
      end(peer);
      subject.resume();
    },
    told: "end finish close(false)",
    peer: "0 end",
  },
  {
    what: "the peer's end, and nobody reads",
    run: (_, peer) => end(peer),
    told: "end finish close(false)",
    peer: "0 end",
  },
  {
    what: "the peer's end behind bytes that nobody reads, and destroy()",
    run: async (subject, peer) => {
      send(peer, SMALL);
      end(peer);
      await until(() => subject.readableLength === SMALL.length);
      subject.destroy();
    },
    told: "close(false)",
    peer: "0 end",
  },
  {
    what: "the peer's end, where half-open is allowed",
    allowHalfOpen: true,
    run: (subject, peer) => {
      end(peer);
      subject.resume().once("end", () => setImmediate().then(() => subject.end("late")));
    },
    told: "end finish close(false)",
    peer: "4 end",
  },
  {
    what: "a write in the handler of the peer's end",
    run: (subject, peer, log) => {
      end(peer);
      subject.resume().once("end", () => subject.write("late", log("written")));
    },
    told: "end written(null) finish close(false)",
    peer: "4 end",
  },
  {
    what: "a write once the peer's end has ended this side",
    run: (subject, peer, log) => {
      end(peer);
      subject.resume().once("finish", () => log("wrote")(subject.write("late", log("written"))));
    },
    told: "end finish wrote(false) written(EPIPE) error(EPIPE) close(true)",
    peer: "0 end",
  },
  { what: "destroy()", run: (subject) => subject.destroy(), told: "close(false)", peer: "0 end" },
  {
    what: "destroy(error), twice",
    run: (subject) => subject.destroy(mine()).destroy(new Error("another")),
    told: "error(MINE) close(true)",
    peer: "0 end",
  },
  {
    what: "writes, and destroy()",
    run: (subject, _, log) => {
      subject.write(SMALL, log("first"));
      subject.write(SMALL, log("second"));
      subject.destroy();
    },
    told: "first(null) second(null) close(false)",
    peer: "10 end",
  },
  {
    what: "a write, and destroy(error)",
    run: (subject) => {
      subject.write(SMALL);
      subject.destroy(mine());
    },
    told: "error(MINE) close(true)",
    peer: "5 end",
  },
  {
    what: "corked writes, uncork() and destroy()",
    run: (subject, _, log) => {
      subject.cork();
      subject.write(SMALL);
      subject.write(SMALL, log("written"));
      subject.uncork();
      subject.destroy();
    },
    told: "written(null) close(false)",
    peer: "10 end",
  },
  {
    what: "a corked write, and destroy()",
    run: (subject, _, log) => {
      subject.cork();
      subject.write(SMALL, log("written"));
      subject.destroy();
    },
    told: "written(ERR_STREAM_DESTROYED) close(false)",
    peer: "0 end",
  },
  {
    what: "a write of more than there is room for, another, and destroy()",
    run: (subject, _, log) => {
      subject.write(BIG, log("first"));
      subject.write(SMALL, log("second"));
      subject.destroy();
    },
    told: "first(null) second(ERR_STREAM_DESTROYED) close(false)",
    toldByNode26: "first(ECANCELED) second(ECANCELED) close(false)",
    peer: "many end",
  },
  {
    what: "a write of more than there is room for, and destroy(error) later",
    run: async (subject, _, log) => {
      subject.write(BIG, log("written"));
      await setImmediate();
      await setImmediate();
      subject.destroy(mine());
    },
    told: "error(MINE) written(null) close(true)",
    toldByNode26: "error(MINE) written(ECANCELED) close(true)",
    peer: "many end",
  },
  {
    what: "end() with a little, and destroy()",
    run: (subject, _, log) => subject.end(SMALL, log("ended")).destroy(),
    told: "ended(ERR_STREAM_DESTROYED) close(false)",
    peer: "5 end",
  },
  {
    what: "end() with more than there is room for, and destroySoon()",
    run: (subject, _, log) => subject.end(BIG, log("ended")).destroySoon(),
    told: "ended(null) finish close(false)",
    peer: `${BIG.length} end`,
  },
  {
    what: "bytes that nobody read, a write, and destroy()",
    run: async (subject, peer) => {
      send(peer, SMALL);
      await until(() => subject.bytesRead === SMALL.length);
      subject.write(SMALL);
      subject.destroy();
    },
    told: "close(false)",
    peer: "5 end",
  },
  {
    what: "more than it receives unasked, a write, and destroy()",
    run: async (subject, peer) => {
      // Until it has received nothing more for some turns: net.Socket may read all there is once.
      for (let full = 0; full < 5; await setImmediate()) full = trySend(peer, BIG).ok ? 0 : full + 1;
      subject.write(SMALL);
      subject.destroy();
    },
    told: "close(false)",
    peer: "5 ECONNRESET",
  },
  {
    what: "a reset of the peer's",
    run: (subject, peer) => {
      subject.resume();
      reset(peer);
    },
    told: "error(ECONNRESET) close(true)",
    peer: undefined,
  },
  {
    what: "a reset of the peer's, and nobody reads",
    run: (_, peer) => reset(peer),
    told: "error(ECONNRESET) close(true)",
    peer: undefined,
  },
  {
    what: "resetAndDestroy()",
    run: (subject) => subject.resetAndDestroy(),
    told: "close(false)",
    peer: "0 ECONNRESET",
  },
  {
    what: "a write after end()",
    run: (subject, _, log) => subject.resume().end().write("x", log("written")),
    told: "written(ERR_STREAM_WRITE_AFTER_END) error(ERR_STREAM_WRITE_AFTER_END) close(true)",
    peer: "0 end",
  },
  {
    what: "write() and resetAndDestroy() after destroy()",
    run: (subject, _, log) => {
      subject.destroy();
      log("wrote")(subject.write("x", log("written")));
      subject.resetAndDestroy();
    },
    told: "wrote(false) written(ERR_STREAM_DESTROYED) close(false)",
    peer: "0 end",
  },
  {
    what: "end() after destroy()",
    run: (subject, _, log) => subject.destroy().end("x", log("ended")),
    told: "ended(ERR_STREAM_DESTROYED) close(false)",
    peer: "0 end",
  },
  {
    what: "destroy() in the handler of the peer's end",
    run: (subject, peer) => {
      end(peer);
      subject.resume().once("end", () => subject.destroy());
    },
    told: "end close(false)",
    peer: "0 end",
  },
];

export async function checkDuplex(
  row: DuplexRow,
  port: number,
  peer: Socket,
  accepted: () => Promise<DuplexSubject>,
): Promise<void> {
  connect(peer, { family: "ipv4", address: "127.0.0.1", port });
  peer.system.setNonblocking(peer.fd, true);
  const subject = await accepted();
  const told: string[] = [];
  const log: Log = (what) => (value) => {
    const code = value instanceof Error && "code" in value ? value.code : value;
    told.push(value === undefined ? what : `${what}(${code})`);
  };
  for (const event of ["end", "finish", "error", "close"]) subject.on(event, log(event));
  const closed = new Promise((resolve) => subject.once("close", resolve));
  await row.run(subject, peer, log);
  const ended = row.peer === undefined ? undefined : outcome(peer);
  await closed;
  // Include later events of the same turn, such as the callback of a write.
  await setImmediate();
  assert.deepEqual({ told: told.join(" "), peer: await ended }, { told: row.told, peer: row.peer });
}
