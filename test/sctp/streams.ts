import assert from "node:assert/strict";
import { SCTP } from "../../src/options/sctp.ts";
import { getsockopt, tryGetsockopt } from "../../src/posix/getsockopt.ts";
import { SCTP_EVENT, SCTP_PR, SCTP_SS, SCTP_STREAM_RESET } from "../../src/posix/sctp-constants.ts";
import { setsockopt, trySetsockopt } from "../../src/posix/setsockopt.ts";
import { assertFails } from "../conformance.ts";
import type { Fixture } from "../fixture.ts";
import { inNetworkNamespace } from "../network-namespace.ts";
import { type OptionRow, observed, roundTrip } from "../round-trip.ts";
import { notification, oneToMany, sctpConnection, withSctp } from "./fixture.ts";

// Numbers of linux/sctp.h, since the table is made on every system, and only Linux has the names.
const STRRESET_MASK = 7;
const RR = 2;
const RTX = 0x20;

/** Both ends of an association whose streams can be reset, and notify of it. */
const resettable = (fixture: Fixture, event: number) =>
  sctpConnection(fixture, (socket) => {
    setsockopt(socket, SCTP.RECONFIG_SUPPORTED, { value: 1 });
    setsockopt(socket, SCTP.ENABLE_STREAM_RESET, { value: STRRESET_MASK });
    setsockopt(socket, SCTP.EVENT, { type: event, on: true });
  });

/** Rows of the options of streams, of partial reliability and of interleaving. */
export const streamRows: readonly OptionRow[] = [
  roundTrip(SCTP.RECONFIG_SUPPORTED, oneToMany, { assocId: 0, value: 1 }),
  roundTrip(SCTP.ENABLE_STREAM_RESET, oneToMany, { assocId: 0, value: STRRESET_MASK }),
  observed(
    SCTP.RESET_STREAMS,
    "our streams begin anew, of which both ends are told; without RECONFIG_SUPPORTED it is OptionNotSupported",
    (fixture) => {
      const { client, server } = resettable(fixture, SCTP_EVENT.STREAM_RESET_EVENT);
      setsockopt(client, SCTP.RESET_STREAMS, { flags: SCTP_STREAM_RESET.OUTGOING, streams: [1, 3] });
      for (const [socket, flag] of [
        [client, SCTP_STREAM_RESET.OUTGOING_SSN],
        [server, SCTP_STREAM_RESET.INCOMING_SSN],
      ] as const) {
        const event = notification(socket);
        assert.ok(event.type === "SCTP_STREAM_RESET_EVENT");
        assert.deepEqual([event.flags, event.streams], [flag, [1, 3]]);
      }
      const plain = sctpConnection(fixture);
      const request = { flags: SCTP_STREAM_RESET.OUTGOING };
      assertFails(
        trySetsockopt(plain.client, SCTP.RESET_STREAMS, request),
        "OptionNotSupported",
        "ENOPROTOOPT",
      );
    },
    { source: "RFC 6525, 6.3.2; sctp_send_reset_streams in net/sctp/stream.c" },
  ),
  observed(
    SCTP.RESET_ASSOC,
    "the numbers of the association begin anew",
    (fixture) => {
      const { client } = resettable(fixture, SCTP_EVENT.ASSOC_RESET_EVENT);
      setsockopt(client, SCTP.RESET_ASSOC, {});
      const event = notification(client);
      assert.ok(event.type === "SCTP_ASSOC_RESET_EVENT");
      assert.ok(event.localTsn > 0 && event.remoteTsn > 0);
    },
    { source: "RFC 6525, 6.3.3" },
  ),
  observed(
    SCTP.ADD_STREAMS,
    "the association has more streams",
    (fixture) => {
      const { client } = resettable(fixture, SCTP_EVENT.STREAM_CHANGE_EVENT);
      const { outstrms } = getsockopt(client, SCTP.STATUS);
      setsockopt(client, SCTP.ADD_STREAMS, { outstrms: 2 });
      const event = notification(client);
      assert.ok(event.type === "SCTP_STREAM_CHANGE_EVENT");
      assert.deepEqual([event.instrms, event.outstrms], [0, 2]);
      assert.equal(getsockopt(client, SCTP.STATUS).outstrms, outstrms + 2);
    },
    { source: "RFC 6525, 6.3.4" },
  ),
  roundTrip(SCTP.STREAM_SCHEDULER, oneToMany, { assocId: 0, value: RR }),
  observed(
    SCTP.STREAM_SCHEDULER_VALUE,
    "each stream has its own priority",
    (fixture) => {
      const { client } = sctpConnection(fixture);
      setsockopt(client, SCTP.STREAM_SCHEDULER, { value: SCTP_SS.PRIO });
      setsockopt(client, SCTP.STREAM_SCHEDULER_VALUE, { sid: 1, value: 5 });
      assert.equal(getsockopt(client, SCTP.STREAM_SCHEDULER_VALUE, { sid: 1 }), 5);
      assert.equal(getsockopt(client, SCTP.STREAM_SCHEDULER_VALUE, { sid: 2 }), 0);
    },
    { source: "RFC 8260, 4.3.3" },
  ),
  observed(
    SCTP.INTERLEAVING_SUPPORTED,
    "PermissionDenied without net.sctp.intl_enable and FRAGMENT_INTERLEAVE; with both it is read back",
    (fixture) =>
      inNetworkNamespace(fixture, new URL("../../src/options/sctp-interleaving.child.js", import.meta.url)),
    { source: "RFC 8260, 4.3.1; sctp_setsockopt_interleaving_supported in net/sctp/socket.c" },
  ),
  roundTrip(SCTP.PR_SUPPORTED, oneToMany, { assocId: 0, value: 0 }),
  roundTrip(SCTP.DEFAULT_PRINFO, oneToMany, { assocId: 0, policy: RTX, value: 3 }),
  observed(
    SCTP.PR_ASSOC_STATUS,
    "counts abandoned messages, by their policy; no policy is InvalidArgument",
    (fixture) => {
      const { client } = sctpConnection(fixture);
      for (const policy of [SCTP_PR.TTL, SCTP_PR.RTX, SCTP_PR.PRIO, SCTP_PR.ALL]) {
        assert.deepEqual(getsockopt(client, SCTP.PR_ASSOC_STATUS, { policy }), { unsent: 0n, sent: 0n });
      }
      assertFails(
        tryGetsockopt(client, SCTP.PR_ASSOC_STATUS, { policy: SCTP_PR.NONE }),
        "InvalidArgument",
        "EINVAL",
      );
    },
    { source: "RFC 7496, 4.2" },
  ),
  observed(
    SCTP.PR_STREAM_STATUS,
    "the same of a stream; one that there is not is InvalidArgument",
    (fixture) => {
      const { client } = sctpConnection(fixture);
      const query = { sid: 1, policy: SCTP_PR.RTX };
      assert.deepEqual(getsockopt(client, SCTP.PR_STREAM_STATUS, query), { unsent: 0n, sent: 0n });
      assertFails(
        tryGetsockopt(client, SCTP.PR_STREAM_STATUS, { ...query, sid: 4000 }),
        "InvalidArgument",
        "EINVAL",
      );
    },
    { source: "RFC 7496, 4.3" },
  ),
].map(withSctp);
