import assert from "node:assert/strict";
import { SCTP } from "../../src/options/sctp.ts";
import { bind } from "../../src/posix/bind.ts";
import { getsockname } from "../../src/posix/getsockname.ts";
import { getsockopt } from "../../src/posix/getsockopt.ts";
import { recv } from "../../src/posix/recv.ts";
import { recvmsg } from "../../src/posix/recvmsg.ts";
import { SCTP_EVENT, SCTP_SPC } from "../../src/posix/sctp-constants.ts";
import { send } from "../../src/posix/send.ts";
import { sendto } from "../../src/posix/sendto.ts";
import { setsockopt, trySetsockopt } from "../../src/posix/setsockopt.ts";
import { assertFails } from "../conformance.ts";
import type { Fixture } from "../fixture.ts";
import { type OptionRow, observed, roundTrip, toggles } from "../round-trip.ts";
import { listening, multihomed, notification, oneToMany, sctpConnection, withSctp } from "./fixture.ts";

/** A socket bound to any address. */
function boundToAny(fixture: Fixture) {
  const socket = oneToMany(fixture);
  bind(socket, { family: "ipv4", address: "0.0.0.0", port: 0 });
  return socket;
}

/** Rows of the options of the paths to a peer, of ADDIP, and of what is left. */
export const pathRows: readonly OptionRow[] = [
  roundTrip(SCTP.ADAPTATION_LAYER, oneToMany, 0x01020304),
  roundTrip(SCTP.ASCONF_SUPPORTED, oneToMany, { assocId: 0, value: 1 }),
  toggles(SCTP.AUTO_ASCONF, boundToAny),
  observed(
    SCTP.AUTO_ASCONF,
    "a socket that is bound to one address is refused",
    (fixture) => {
      const bound = listening(fixture);
      assertFails(trySetsockopt(bound, SCTP.AUTO_ASCONF, true), "InvalidArgument", "EINVAL");
    },
    { source: "sctp_setsockopt_auto_asconf in net/sctp/socket.c" },
  ),
  observed(
    SCTP.SET_PEER_PRIMARY_ADDR,
    "the peer sends to the other address from then on",
    (fixture) => {
      const [sender, receiver] = [oneToMany(fixture), oneToMany(fixture)];
      for (const socket of [sender, receiver]) {
        setsockopt(socket, SCTP.AUTH_SUPPORTED, { value: 1 });
        setsockopt(socket, SCTP.ASCONF_SUPPORTED, { value: 1 });
      }
      listening(fixture, receiver);
      const { addresses } = multihomed(fixture, sender);
      sendto(sender, Buffer.from("hello"), 0, getsockname(receiver));
      recv(receiver, new Uint8Array(16));
      const [ours = 0] = getsockopt(sender, SCTP.GET_ASSOC_ID_LIST);
      const [theirs = 0] = getsockopt(receiver, SCTP.GET_ASSOC_ID_LIST);
      const type = SCTP_EVENT.PEER_ADDR_CHANGE;
      setsockopt(receiver, SCTP.EVENT, { assocId: theirs, type, on: true });
      const primary = getsockopt(receiver, SCTP.PRIMARY_ADDR, { assocId: theirs });
      const other = addresses.find(({ address }) => !("address" in primary) || address !== primary.address);
      assert.ok(other !== undefined);
      setsockopt(sender, SCTP.SET_PEER_PRIMARY_ADDR, { assocId: ours, address: other });
      let event = notification(receiver);
      while (event.type === "SCTP_PEER_ADDR_CHANGE" && event.state !== SCTP_SPC.ADDR_MADE_PRIM) {
        event = notification(receiver);
      }
      assert.ok(event.type === "SCTP_PEER_ADDR_CHANGE");
      assert.deepEqual(event.address, other);
      assert.deepEqual(getsockopt(receiver, SCTP.PRIMARY_ADDR, { assocId: theirs }), other);
    },
    { source: "RFC 6458, 8.3.1; RFC 5061, 4.2.4" },
  ),
  roundTrip(SCTP.DEFAULT_SEND_PARAM, oneToMany, {
    ...{ stream: 1, flags: 1, ppid: 46, context: 3 },
    ...{ timetolive: 0, assocId: 0 },
  }),
  observed(
    SCTP.DEFAULT_SEND_PARAM,
    "messages without SCTP_SNDRCV are sent with it, in the association that is named",
    (fixture) => {
      const { client, server } = sctpConnection(fixture);
      setsockopt(server, SCTP.RECVRCVINFO, true);
      setsockopt(client, SCTP.DEFAULT_SEND_PARAM, { stream: 2, ppid: 46 });
      assert.equal(getsockopt(client, SCTP.DEFAULT_SEND_PARAM, {}).ppid, 46);
      send(client, Buffer.from("hello"));
      const { control } = recvmsg(server, { data: [new Uint8Array(16)], controlLength: 128 });
      const [info] = control;
      assert.ok(info?.type === "SCTP_RCVINFO");
      assert.deepEqual([info.sid, info.ppid], [2, 46]);
    },
    { source: "RFC 6458, 8.1.14" },
  ),
  roundTrip(SCTP.ECN_SUPPORTED, oneToMany, { assocId: 0, value: 0 }),
  roundTrip(SCTP.EXPOSE_POTENTIALLY_FAILED_STATE, oneToMany, { assocId: 0, value: 2 }),
  observed(
    SCTP.GET_ASSOC_STATS,
    "counts packets and chunks, and names the address whose timeout was the longest",
    (fixture) => {
      const { client, server } = sctpConnection(fixture);
      const before = getsockopt(client, SCTP.GET_ASSOC_STATS);
      for (const text of ["one", "two"]) {
        send(client, Buffer.from(text));
        recv(server, new Uint8Array(16));
      }
      const after = getsockopt(client, SCTP.GET_ASSOC_STATS);
      assert.equal(after.oodchunks - before.oodchunks, 2n);
      assert.ok(after.opackets > before.opackets && after.octrlchunks > 0n);
      assert.equal(getsockopt(server, SCTP.GET_ASSOC_STATS, {}).iodchunks, 2n);
      assert.deepEqual(before.obsRtoIpaddr, getsockname(server));
      assert.ok(before.maxrto > 0n);
    },
    { source: "sctp_getsockopt_assoc_stats in net/sctp/socket.c" },
  ),
  roundTrip(
    SCTP.PEER_ADDR_THLDS,
    oneToMany,
    { pathmaxrxt: 7, pathpfthld: 3 },
    { reads: { pathmaxrxt: 7, pathpfthld: 3 } },
  ),
  roundTrip(
    SCTP.PEER_ADDR_THLDS_V2,
    oneToMany,
    { pathmaxrxt: 7, pathpfthld: 3, pathcpthld: 9 },
    { reads: { pathmaxrxt: 7, pathpfthld: 3, pathcpthld: 9 } },
  ),
  observed(
    SCTP.PEER_ADDR_THLDS_V2,
    "each address has its own, which a query reads",
    (fixture) => {
      const { client, server } = sctpConnection(fixture);
      const address = getsockname(server);
      const own = { pathmaxrxt: 8, pathpfthld: 2, pathcpthld: 4 };
      setsockopt(client, SCTP.PEER_ADDR_THLDS_V2, { address, ...own });
      assert.deepEqual(getsockopt(client, SCTP.PEER_ADDR_THLDS_V2, { address }), own);
      const wrong = { address, pathmaxrxt: 8, pathpfthld: 5, pathcpthld: 4 };
      assertFails(trySetsockopt(client, SCTP.PEER_ADDR_THLDS_V2, wrong), "InvalidArgument", "EINVAL");
    },
    { source: "RFC 7829, 7.2; sctp_setsockopt_paddr_thresholds in net/sctp/socket.c" },
  ),
  roundTrip(SCTP.PLPMTUD_PROBE_INTERVAL, oneToMany, { interval: 6000 }, { reads: 6000 }),
  observed(
    SCTP.PLPMTUD_PROBE_INTERVAL,
    "less than 5 seconds is InvalidArgument",
    (fixture) => {
      const wrong = { interval: 4999 };
      assertFails(
        trySetsockopt(oneToMany(fixture), SCTP.PLPMTUD_PROBE_INTERVAL, wrong),
        "InvalidArgument",
        "EINVAL",
      );
    },
    { source: "sctp_setsockopt_probe_interval in net/sctp/socket.c" },
  ),
  roundTrip(SCTP.REMOTE_UDP_ENCAPS_PORT, oneToMany, { port: 9899 }, { reads: 9899 }),
].map(withSctp);
