import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { assertFails, conformance } from "../../test/conformance.ts";
import { type Fixture, loopback } from "../../test/fixture.ts";
import { except as exceptOn } from "../../test/platform.ts";
import {
  listening,
  multihomed,
  notification,
  oneToMany,
  portOf,
  sctpConnection,
  withSctp,
} from "../../test/sctp/fixture.ts";
import { SCTP } from "../options/sctp.ts";
import { bind } from "./bind.ts";
import { close } from "./close.ts";
import { getsockname } from "./getsockname.ts";
import { getsockopt } from "./getsockopt.ts";
import type { Socket } from "./owned-socket.ts";
import { recv } from "./recv.ts";
import { recvmsg } from "./recvmsg.ts";
import { SCTP_EVENT, SCTP_FLAG, SCTP_PR, SCTP_SAC, SCTP_SPC } from "./sctp-constants.ts";
import { decodeSctpNotification, type SctpNotification } from "./sctp-notification.ts";
import { send } from "./send.ts";
import { sendmsg, trySendmsg } from "./sendmsg.ts";
import { sendto } from "./sendto.ts";
import { setsockopt } from "./setsockopt.ts";

const only = "it is Linux's";
const except = { windows: only, darwin: only, freebsd: only };

const hello = Buffer.from("hello");

/** Receives a message, and returns its control message of a type. */
function received(receiver: Socket, wanted: "SCTP_NXTINFO" | "SCTP_RCVINFO" | "SCTP_SNDRCV") {
  const { control } = recvmsg(receiver, { data: [new Uint8Array(64)], controlLength: 256 });
  return control.find(({ type }) => type === wanted);
}

/** A connection whose server receives notifications of a kind, from the beginning. */
const notified = (fixture: Fixture, type: number) =>
  sctpConnection(fixture, (socket) => setsockopt(socket, SCTP.EVENT, { type, on: true }));

conformance("messages of SCTP", [
  withSctp({
    clause: "SCTP_INIT: the message that sets up an association says how many streams it wants",
    source: "RFC 6458, 5.3.1",
    except,
    run(fixture) {
      const [sender, receiver] = [oneToMany(fixture), listening(fixture)];
      const control = [{ type: "SCTP_INIT", numOstreams: 3 }] as const;
      sendmsg(sender, { address: getsockname(receiver), data: [hello], control });
      recv(receiver, new Uint8Array(16));
      const [assocId = 0] = getsockopt(receiver, SCTP.GET_ASSOC_ID_LIST);
      assert.equal(getsockopt(receiver, SCTP.STATUS, { assocId }).instrms, 3);
    },
  }),
  withSctp({
    clause: "SCTP_SNDRCV: a message is sent with it, and tells of itself",
    source: "RFC 6458, 5.3.2",
    except,
    run(fixture) {
      const [sender, receiver] = [oneToMany(fixture), listening(fixture)];
      setsockopt(receiver, SCTP.EVENTS, { dataIo: true });
      const control = [{ type: "SCTP_SNDRCV", stream: 2, flags: SCTP_FLAG.UNORDERED, ppid: 46 }] as const;
      sendmsg(sender, { address: getsockname(receiver), data: [hello], control });
      const info = received(receiver, "SCTP_SNDRCV");
      assert.ok(info?.type === "SCTP_SNDRCV");
      assert.deepEqual([info.stream, info.ppid, info.flags], [2, 46, SCTP_FLAG.UNORDERED]);
      assert.deepEqual([info.assocId], getsockopt(receiver, SCTP.GET_ASSOC_ID_LIST));
    },
  }),
  withSctp({
    clause: "SCTP_NXTINFO: a message tells of the next one, if that has arrived",
    source: "RFC 6458, 5.3.6",
    except,
    run(fixture) {
      const { client, server } = sctpConnection(fixture);
      setsockopt(server, SCTP.RECVNXTINFO, true);
      send(client, Buffer.from("first"));
      const control = [{ type: "SCTP_SNDINFO", sid: 1, ppid: 46 }] as const;
      sendmsg(client, { data: [Buffer.from("the second")], control });
      const next = received(server, "SCTP_NXTINFO");
      assert.ok(next?.type === "SCTP_NXTINFO");
      assert.deepEqual([next.sid, next.ppid, next.length, next.flags], [1, 46, 10, 0]);
      assert.equal(received(server, "SCTP_NXTINFO"), undefined);
    },
  }),
  withSctp({
    clause: "SCTP_PRINFO: a message that is reliable only for a time is sent; an unknown policy is not",
    source: "RFC 6458, 5.3.7; sctp_msghdr_parse in net/sctp/socket.c",
    except,
    run(fixture) {
      const { client, server } = sctpConnection(fixture);
      const message = (policy: number) =>
        ({ data: [hello], control: [{ type: "SCTP_PRINFO", policy, value: 10_000 }] }) as const;
      sendmsg(client, message(SCTP_PR.TTL));
      assert.equal(recv(server, new Uint8Array(16)), 5);
      assertFails(trySendmsg(client, message(0x40)), "InvalidArgument", "EINVAL");
    },
  }),
  withSctp({
    clause: "SCTP_AUTHINFO: a key that there is not is InvalidArgument, and ignored without authentication",
    source: "RFC 6458, 5.3.8; sctp_datamsg_from_user in net/sctp/chunk.c",
    except,
    run(fixture) {
      const control = [{ type: "SCTP_AUTHINFO", keynumber: 7 }] as const;
      const plain = sctpConnection(fixture);
      sendmsg(plain.client, { data: [hello], control });
      assert.equal(recv(plain.server, new Uint8Array(16)), 5);
      const { client } = sctpConnection(fixture, (socket) => {
        setsockopt(socket, SCTP.AUTH_SUPPORTED, { value: 1 });
        setsockopt(socket, SCTP.AUTH_CHUNK, 0);
      });
      assertFails(trySendmsg(client, { data: [hello], control }), "InvalidArgument", "EINVAL");
    },
  }),
  withSctp({
    clause: "SCTP_DSTADDRV4: a message sets up an association with further addresses",
    source: "RFC 6458, 5.3.9; sctp_sendmsg_new_asoc in net/sctp/socket.c",
    except,
    run(fixture) {
      const { socket: receiver, addresses } = multihomed(fixture);
      const sender = oneToMany(fixture);
      const control = [{ type: "SCTP_DSTADDRV4", address: "127.0.0.2" }] as const;
      sendmsg(sender, { address: addresses[0], data: [hello], control });
      assert.equal(recv(receiver, new Uint8Array(16)), 5);
      const { assocId } = getsockopt(sender, SCTP.GET_PEER_ADDR_INFO, { address: addresses[1] });
      assert.deepEqual(getsockopt(sender, SCTP.GET_ASSOC_ID_LIST), [assocId]);
    },
  }),
  withSctp({
    clause: "SCTP_ASSOC_CHANGE: an association begins, and ends in an orderly way, or by ABORT",
    source: "RFC 6458, 6.1.1",
    except,
    run(fixture) {
      const receiver = listening(fixture);
      setsockopt(receiver, SCTP.EVENT, { type: SCTP_EVENT.ASSOC_CHANGE, on: true });
      for (const [flags, end] of [
        [SCTP_FLAG.EOF, SCTP_SAC.SHUTDOWN_COMP],
        [SCTP_FLAG.ABORT, SCTP_SAC.COMM_LOST],
      ] as const) {
        const sender = oneToMany(fixture);
        sendto(sender, hello, 0, getsockname(receiver));
        const begins = notification(receiver);
        assert.ok(begins.type === "SCTP_ASSOC_CHANGE");
        assert.deepEqual([begins.state, begins.error, begins.outboundStreams], [SCTP_SAC.COMM_UP, 0, 10]);
        recv(receiver, new Uint8Array(16));
        const control = [{ type: "SCTP_SNDINFO", sid: 0, flags }] as const;
        sendmsg(sender, { address: getsockname(receiver), data: [], control });
        const ends = notification(receiver);
        assert.ok(ends.type === "SCTP_ASSOC_CHANGE");
        assert.deepEqual([ends.state, ends.assocId], [end, begins.assocId]);
      }
    },
  }),
  withSctp({
    clause: "SCTP_PEER_ADDR_CHANGE: an address of the peer answers",
    source: "RFC 6458, 6.1.2",
    except,
    run(fixture) {
      const { socket: receiver, addresses } = multihomed(fixture);
      const sender = oneToMany(fixture);
      setsockopt(sender, SCTP.EVENT, { type: SCTP_EVENT.PEER_ADDR_CHANGE, on: true });
      sendto(sender, hello, 0, addresses[0]);
      recv(receiver, new Uint8Array(16));
      const change = notification(sender);
      assert.ok(change.type === "SCTP_PEER_ADDR_CHANGE");
      assert.equal(change.state, SCTP_SPC.ADDR_CONFIRMED);
      assert.ok(change.address.family === "ipv4" && change.address.port === portOf(receiver));
    },
  }),
  withSctp({
    clause: "SCTP_SHUTDOWN_EVENT: the peer has stopped sending",
    source: "RFC 6458, 6.1.5",
    except,
    run(fixture) {
      const { client, server } = notified(fixture, SCTP_EVENT.SHUTDOWN_EVENT);
      const { assocId } = getsockopt(server, SCTP.STATUS);
      close(client);
      assert.deepEqual(notification(server), { type: "SCTP_SHUTDOWN_EVENT", flags: 0, assocId });
    },
  }),
  withSctp({
    clause: "SCTP_ADAPTATION_INDICATION: the adaptation layer of the peer",
    source: "RFC 6458, 6.1.6",
    except,
    run(fixture) {
      const { server } = sctpConnection(fixture, (socket) => {
        setsockopt(socket, SCTP.ADAPTATION_LAYER, 0x01020304);
        setsockopt(socket, SCTP.EVENT, { type: SCTP_EVENT.ADAPTATION_INDICATION, on: true });
      });
      const indication = notification(server);
      assert.ok(indication.type === "SCTP_ADAPTATION_INDICATION");
      assert.equal(indication.adaptationInd, 0x01020304);
    },
  }),
  withSctp({
    clause: "SCTP_SENDER_DRY_EVENT: everything sent is acknowledged",
    source: "RFC 6458, 6.1.9",
    except,
    run(fixture) {
      const { client, server } = sctpConnection(fixture);
      send(client, hello);
      recv(server, new Uint8Array(16));
      setsockopt(client, SCTP.EVENT, { type: SCTP_EVENT.SENDER_DRY_EVENT, on: true });
      assert.equal(notification(client).type, "SCTP_SENDER_DRY_EVENT");
    },
  }),
  withSctp({
    clause: "SCTP_SEND_FAILED_EVENT, and SCTP_SEND_FAILED: the message comes back",
    source: "RFC 6458, 6.1.11 and 6.1.4",
    except,
    run(fixture) {
      for (const type of [SCTP_EVENT.SEND_FAILED_EVENT, SCTP_EVENT.SEND_FAILED]) {
        const bound = oneToMany(fixture);
        bind(bound, loopback);
        const sender = oneToMany(fixture);
        setsockopt(sender, SCTP.EVENT, { type, on: true });
        const control = [{ type: "SCTP_SNDINFO", sid: 1, ppid: 46, context: 7 }] as const;
        sendmsg(sender, { address: getsockname(bound), data: [hello], control });
        const failed = notification(sender);
        assert.ok(failed.type === "SCTP_SEND_FAILED_EVENT" || failed.type === "SCTP_SEND_FAILED");
        assert.deepEqual([failed.sid, failed.ppid, failed.context], [1, 46, 7]);
        assert.equal(Buffer.from(failed.data).toString(), "hello");
        close(sender);
      }
    },
  }),
]);

/** Notifications written out by hand from linux/sctp.h. */
const laidOut: readonly (readonly [hex: string, SctpNotification])[] = [
  [
    "0480 0000 14000000 000c 0000 05000000 61626364",
    {
      type: "SCTP_REMOTE_ERROR",
      flags: 0,
      error: 12,
      assocId: 5,
      data: Uint8Array.from(Buffer.from("abcd")),
    },
  ],
  [
    "0680 0000 18000000 00000000 05000000 02000000 03000000",
    { type: "SCTP_PARTIAL_DELIVERY_EVENT", flags: 0, indication: 0, assocId: 5, stream: 2, seq: 3 },
  ],
  [
    "0880 0000 14000000 0200 0300 01000000 05000000",
    {
      type: "SCTP_AUTHENTICATION_EVENT",
      flags: 0,
      keynumber: 2,
      altkeynumber: 3,
      indication: 1,
      assocId: 5,
    },
  ],
  [
    "0a80 0200 10000000 05000000 0100 0300",
    { type: "SCTP_STREAM_RESET_EVENT", flags: 2, assocId: 5, streams: [1, 3] },
  ],
  [
    "0b80 0400 14000000 05000000 feffffff 07000000",
    { type: "SCTP_ASSOC_RESET_EVENT", flags: 4, assocId: 5, localTsn: 0xfffffffe, remoteTsn: 7 },
  ],
  [
    "0c80 0800 10000000 05000000 0a00 0b00",
    { type: "SCTP_STREAM_CHANGE_EVENT", flags: 8, assocId: 5, instrms: 10, outstrms: 11 },
  ],
];

test("notifications are laid out as in linux/sctp.h; one cut short is unknown", () => {
  for (const [hex, expected] of laidOut) {
    const bytes = Buffer.from(hex.replaceAll(" ", ""), "hex");
    assert.deepEqual(decodeSctpNotification(bytes), expected);
    const cut = decodeSctpNotification(bytes.subarray(0, 11));
    assert.deepEqual([cut.type, cut.flags], ["unknown", expected.flags]);
  }
  const none = decodeSctpNotification(new Uint8Array(7));
  assert.deepEqual(none, { type: "unknown", number: 0, flags: 0, data: new Uint8Array(7) });
  const other = decodeSctpNotification(Uint8Array.of(0xff, 0x80, 1, 0, 8, 0, 0, 0));
  assert.deepEqual([other.type === "unknown" && other.number, other.flags], [0x80ff, 1]);
});

const linuxOnly = exceptOn({ windows: only, darwin: only, freebsd: only });

test("any bytes are a notification, which keeps a copy of them", linuxOnly, () => {
  const type = fc.constantFrom(...Object.values(SCTP_EVENT));
  fc.assert(
    fc.property(type, fc.uint8Array({ maxLength: 200 }), (number, rest) => {
      const bytes = Uint8Array.of(number & 0xff, number >> 8, ...rest);
      const decoded = decodeSctpNotification(bytes);
      const before = structuredClone(decoded);
      bytes.fill(0xa5);
      assert.deepEqual(decoded, before);
    }),
    { numRuns: 2000 },
  );
});
