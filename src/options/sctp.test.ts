import assert from "node:assert/strict";
import { test } from "node:test";
import { type Fixture, loopback } from "../../test/fixture.ts";
import { observed, optionTests, roundTrip, toggles } from "../../test/round-trip.ts";
import { addressRows } from "../../test/sctp/addresses.ts";
import { authenticationRows } from "../../test/sctp/authentication.ts";
import { listening, oneToOne, oneToMany as sctp, withSctp } from "../../test/sctp/fixture.ts";
import { pathRows } from "../../test/sctp/paths.ts";
import { streamRows } from "../../test/sctp/streams.ts";
import { accept } from "../posix/accept.ts";
import { bind } from "../posix/bind.ts";
import { connect } from "../posix/connect.ts";
import { AF, IPPROTO, MSG, SOCK } from "../posix/constants.ts";
import { getsockname } from "../posix/getsockname.ts";
import { getsockopt } from "../posix/getsockopt.ts";
import { listen } from "../posix/listen.ts";
import { recvmsg } from "../posix/recvmsg.ts";
import { SCTP_EVENT, SCTP_FLAG } from "../posix/sctp-constants.ts";
import { sendmsg } from "../posix/sendmsg.ts";
import { sendto } from "../posix/sendto.ts";
import { setsockopt, trySetsockopt } from "../posix/setsockopt.ts";
import { linux } from "../system/linux/linux.ts";
import { ValueResult } from "../system/value-result.ts";
import { SCTP } from "./sctp.ts";
import { sctpAssocinfo, sctpAssocValue, sctpInitmsg, sctpRtoinfo, sctpStatus } from "./structures/sctp.ts";
import { sctpEvent, sctpEvents } from "./structures/sctp-events.ts";
import { sctpPaddrparams, sctpSackInfo, sctpSndinfo } from "./structures/sctp-peer.ts";

const sctp6 = (fixture: Fixture) => fixture.socket(AF.INET6, SOCK.SEQPACKET, IPPROTO.SCTP);

optionTests("IPPROTO_SCTP", SCTP, [
  withSctp(
    observed(SCTP.ASSOCINFO, "retransmissions and the life of cookies are read back", (fixture) => {
      const socket = sctp(fixture);
      setsockopt(socket, SCTP.ASSOCINFO, { asocmaxrxt: 7, cookieLife: 5000 });
      const info = getsockopt(socket, SCTP.ASSOCINFO);
      assert.deepEqual([info.asocmaxrxt, info.cookieLife, info.numberPeerDestinations], [7, 5000, 0]);
    }),
  ),
  withSctp(roundTrip(SCTP.AUTOCLOSE, sctp, 7)),
  withSctp(roundTrip(SCTP.CONTEXT, sctp, { assocId: 0, value: 7 })),
  withSctp(roundTrip(SCTP.DEFAULT_SNDINFO, sctp, { sid: 1, flags: 1, ppid: 46, context: 3, assocId: 0 })),
  withSctp(
    observed(SCTP.DEFAULT_SNDINFO, "messages without SCTP_SNDINFO are sent with it", (fixture) => {
      const [sender, receiver] = [sctp(fixture), listening(fixture)];
      setsockopt(receiver, SCTP.RECVRCVINFO, true);
      setsockopt(sender, SCTP.DEFAULT_SNDINFO, { sid: 3, flags: SCTP_FLAG.UNORDERED, ppid: 46 });
      sendto(sender, Buffer.from("hello"), 0, getsockname(receiver));
      const message = recvmsg(receiver, { data: [new Uint8Array(16)], controlLength: 128 });
      const info = message.control.find(({ type }) => type === "SCTP_RCVINFO");
      assert.ok(info?.type === "SCTP_RCVINFO");
      assert.deepEqual([info.sid, info.ppid, info.flags], [3, 46, SCTP_FLAG.UNORDERED]);
    }),
  ),
  withSctp(roundTrip(SCTP.DELAYED_SACK, sctp, { assocId: 0, delay: 160, freq: 3 })),
  withSctp(toggles(SCTP.DISABLE_FRAGMENTS, sctp)),
  withSctp(
    observed(SCTP.EVENT, "a new association is a message with MSG_NOTIFICATION", (fixture) => {
      const [sender, receiver] = [sctp(fixture), listening(fixture)];
      setsockopt(receiver, SCTP.EVENT, { type: SCTP_EVENT.ASSOC_CHANGE, on: true });
      assert.equal(getsockopt(receiver, SCTP.EVENTS).association, true);
      sendto(sender, Buffer.from("hello"), 0, getsockname(receiver));
      const buffer = Buffer.alloc(256);
      const notification = recvmsg(receiver, { data: [buffer] });
      assert.ok(notification.flags & MSG.NOTIFICATION);
      assert.equal(buffer.readUInt16LE(0), SCTP_EVENT.ASSOC_CHANGE, "sn_type of struct sctp_assoc_change");
      const message = recvmsg(receiver, { data: [buffer] });
      assert.deepEqual([message.bytes, message.flags & MSG.NOTIFICATION], [5, 0]);
    }),
  ),
  withSctp(
    observed(SCTP.EVENTS, "what is left out is not received", (fixture) => {
      const socket = sctp(fixture);
      setsockopt(socket, SCTP.EVENTS, { association: true, shutdown: true, sendFailureEvent: true });
      const before = getsockopt(socket, SCTP.EVENTS);
      assert.deepEqual([before.association, before.address, before.shutdown], [true, false, true]);
      assert.equal(before.sendFailureEvent, true);
      setsockopt(socket, SCTP.EVENTS, { address: true });
      const after = getsockopt(socket, SCTP.EVENTS);
      assert.deepEqual([after.association, after.address, after.sendFailureEvent], [false, true, false]);
    }),
  ),
  withSctp(roundTrip(SCTP.FRAGMENT_INTERLEAVE, sctp, 1)),
  withSctp(
    roundTrip(SCTP.INITMSG, sctp, { numOstreams: 5, maxInstreams: 6, maxAttempts: 3, maxInitTimeo: 900 }),
  ),
  withSctp(toggles(SCTP.I_WANT_MAPPED_V4_ADDR, sctp6)),
  withSctp(roundTrip(SCTP.MAXSEG, sctp, { assocId: 0, value: 900 })),
  withSctp(roundTrip(SCTP.MAX_BURST, sctp, { assocId: 0, value: 9 })),
  withSctp(toggles(SCTP.NODELAY, sctp)),
  withSctp(roundTrip(SCTP.PARTIAL_DELIVERY_POINT, sctp, 4096)),
  withSctp(
    observed(SCTP.PEER_ADDR_PARAMS, "of later associations, and of the peer of one", (fixture) => {
      const [client, server] = [oneToOne(fixture), oneToOne(fixture)];
      setsockopt(client, SCTP.PEER_ADDR_PARAMS, { hbinterval: 7000, pathmaxrxt: 3, flags: 1 });
      const later = getsockopt(client, SCTP.PEER_ADDR_PARAMS);
      assert.deepEqual([later.hbinterval, later.pathmaxrxt, later.flags & 3], [7000, 3, 1]);
      bind(server, loopback);
      listen(server, 1);
      connect(client, getsockname(server));
      setsockopt(client, SCTP.PEER_ADDR_PARAMS, { address: getsockname(server), pathmaxrxt: 9 });
      const stranger = { family: "ipv4", address: "192.0.2.1", port: 9 } as const;
      assert.equal(
        trySetsockopt(client, SCTP.PEER_ADDR_PARAMS, { address: stranger, pathmaxrxt: 9 }).ok,
        false,
      );
    }),
  ),
  withSctp(toggles(SCTP.RECVNXTINFO, sctp)),
  withSctp(toggles(SCTP.RECVRCVINFO, sctp)),
  withSctp(
    observed(SCTP.RECVRCVINFO, "each message tells its stream and payload protocol", (fixture) => {
      const [sender, receiver] = [sctp(fixture), sctp(fixture)];
      bind(receiver, loopback);
      listen(receiver, 1);
      setsockopt(receiver, SCTP.RECVRCVINFO, true);
      const control = [{ type: "SCTP_SNDINFO", sid: 2, ppid: 46, context: 7 }] as const;
      sendmsg(sender, { address: getsockname(receiver), data: [Buffer.from("hello")], control });
      const message = recvmsg(receiver, { data: [new Uint8Array(16)], controlLength: 128 });
      const info = message.control.find(({ type }) => type === "SCTP_RCVINFO");
      assert.ok(message.bytes === 5 && info?.type === "SCTP_RCVINFO");
      assert.deepEqual([info.sid, info.ssn, info.ppid, info.flags], [2, 0, 46, 0]);
      assert.ok(info.assocId > 0 && info.tsn > 0);
    }),
  ),
  withSctp(toggles(SCTP.REUSE_PORT, oneToOne)),
  withSctp(
    observed(SCTP.RTOINFO, "is the socket's own, whatever an earlier call left in memory", (fixture) => {
      const socket = sctp(fixture);
      setsockopt(socket, SCTP.AUTOCLOSE, 7);
      assert.equal(getsockopt(socket, SCTP.AUTOCLOSE), 7);
      assert.equal(getsockopt(socket, SCTP.RTOINFO).assocId, 0);
    }),
  ),
  withSctp(
    observed(SCTP.STATUS, "an association is established, and names its peer", (fixture) => {
      const [server, client] = [oneToOne(fixture), oneToOne(fixture)];
      bind(server, loopback);
      listen(server, 1);
      connect(client, getsockname(server));
      fixture.own(accept(server).socket);
      const { state, outstrms, unackdata, primary } = getsockopt(client, SCTP.STATUS);
      assert.deepEqual([state, outstrms, unackdata], [4, 10, 0]);
      assert.deepEqual([primary.address, primary.state], [getsockname(server), 2]);
      assert.ok(primary.cwnd > 0 && primary.mtu > 0 && primary.rto > 0);
    }),
  ),
  withSctp(roundTrip(SCTP.RTOINFO, sctp, { assocId: 0, initial: 2000, max: 30_000, min: 500 })),
  ...addressRows,
  ...authenticationRows,
  ...pathRows,
  ...streamRows,
]);

test("SCTP's structures are laid out as in the headers", () => {
  const value = new ValueResult(new ArrayBuffer(512));
  const encoded = () => Buffer.from(value.valid).toString("hex");
  sctpInitmsg.encode({ numOstreams: 1, maxInstreams: 2, maxAttempts: 3, maxInitTimeo: 4 }, value, linux);
  assert.equal(encoded(), "0100020003000400");
  sctpRtoinfo.encode({ initial: 1, max: 2, min: 3 }, value, linux);
  assert.equal(encoded(), "00000000010000000200000003000000");
  sctpAssocinfo.encode({ assocId: 9, asocmaxrxt: 7, cookieLife: 5000 }, value, linux);
  assert.equal(encoded(), "0900000007000000000000000000000088130000");
  sctpAssocValue.encode({ value: 900 }, value, linux);
  assert.equal(encoded(), "0000000084030000");
  sctpEvent.encode({ assocId: 2, type: 0x8001, on: true }, value, linux);
  assert.equal(encoded(), "0200000001800100");
  sctpEvents.encode({ association: true, sendFailureEvent: true }, value, linux);
  assert.equal(encoded(), "0001000000000000000000000001");
  sctpSackInfo.encode({ assocId: 1, delay: 200, freq: 2 }, value, linux);
  assert.equal(encoded(), "01000000c800000002000000");
  sctpSndinfo.encode({ sid: 1, flags: 4, ppid: 46, context: 7, assocId: 9 }, value, linux);
  assert.equal(encoded(), "010004000000002e0700000009000000");
  assert.equal(sctpSndinfo.decode(value, linux).ppid, 46);
  const address = { family: "ipv4", address: "192.0.2.1", port: 80 } as const;
  const peer = {
    hbinterval: 1,
    pathmaxrxt: 2,
    pathmtu: 3,
    sackdelay: 4,
    flags: 5,
    ipv6Flowlabel: 6,
    dscp: 7,
  };
  sctpPaddrparams.encode({ assocId: 8, address, ...peer }, value, linux);
  const sockaddr = `02000050c0000201${"00".repeat(120)}`;
  assert.equal(encoded(), `08000000${sockaddr}010000000200030000000400000005000000060000000700`);
  assert.deepEqual(sctpPaddrparams.decode(value, linux), peer);
});

test("the peer of SCTP_STATUS is an address of either family", () => {
  for (const [bytes, address] of [
    ["02001f90c0000201", { family: "ipv4", address: "192.0.2.1", port: 8080 }],
    [
      "0a001f900000000020010db8000000000000000000000001",
      { family: "ipv6", address: "2001:db8::1", port: 8080, flowlabel: 0, scopeId: 0 },
    ],
  ] as const) {
    const value = new ValueResult(new ArrayBuffer(512));
    value.bytes.set(Buffer.from(bytes, "hex"), 28);
    value.view.setInt32(156, 2, true);
    const { primary } = sctpStatus.decode(value, linux);
    assert.deepEqual([primary.address, primary.state], [address, 2]);
  }
});

test("SCTP's structures are requested for the socket's own association", () => {
  for (const codec of [
    sctpAssocinfo,
    sctpAssocValue,
    sctpPaddrparams,
    sctpRtoinfo,
    sctpSackInfo,
    sctpSndinfo,
    sctpStatus,
  ]) {
    const value = new ValueResult(new ArrayBuffer(512));
    value.bytes.fill(7);
    codec.prepare?.(value, linux);
    assert.equal(value.view.getInt32(0, true), 0);
  }
});
