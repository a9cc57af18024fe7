import assert from "node:assert/strict";
import { SCTP } from "../../src/options/sctp.ts";
import { getsockname } from "../../src/posix/getsockname.ts";
import { getsockopt, tryGetsockopt } from "../../src/posix/getsockopt.ts";
import { sctp_connectx } from "../../src/posix/sctp_connectx.ts";
import { SCTP_SPINFO } from "../../src/posix/sctp-constants.ts";
import { setsockopt, trySetsockopt } from "../../src/posix/setsockopt.ts";
import { assertFails } from "../conformance.ts";
import { type OptionRow, observed } from "../round-trip.ts";
import { associate, listening, multihomed, oneToMany, sctpConnection, withSctp } from "./fixture.ts";

/** Rows of the options that are about addresses and associations. */
export const addressRows: readonly OptionRow[] = [
  observed(
    SCTP.GET_ASSOC_ID_LIST,
    "each association of a one-to-many socket, which GET_ASSOC_NUMBER counts",
    (fixture) => {
      const receiver = listening(fixture);
      assert.deepEqual(getsockopt(receiver, SCTP.GET_ASSOC_ID_LIST), []);
      const ids = [1, 2, 3].map(() => associate(oneToMany(fixture), receiver));
      assert.deepEqual(
        getsockopt(receiver, SCTP.GET_ASSOC_ID_LIST).toSorted((a, b) => a - b),
        ids.toSorted((a, b) => a - b),
      );
      assert.equal(getsockopt(receiver, SCTP.GET_ASSOC_NUMBER), 3);
    },
    { source: "RFC 6458, 8.2.6" },
  ),
  observed(
    SCTP.GET_ASSOC_NUMBER,
    "a one-to-one socket has no such option",
    (fixture) => {
      const { client } = sctpConnection(fixture);
      assertFails(tryGetsockopt(client, SCTP.GET_ASSOC_NUMBER), "OptionNotSupported", "EOPNOTSUPP");
      assert.equal(getsockopt(oneToMany(fixture), SCTP.GET_ASSOC_NUMBER), 0);
    },
    { source: "RFC 6458, 8.2.5; sctp_getsockopt_assoc_number in net/sctp/socket.c" },
  ),
  observed(
    SCTP.GET_LOCAL_ADDRS,
    "the addresses of the socket, and of each association",
    (fixture) => {
      const { socket, addresses } = multihomed(fixture);
      assert.deepEqual(getsockopt(socket, SCTP.GET_LOCAL_ADDRS), addresses);
      const assocId = associate(oneToMany(fixture), socket);
      assert.deepEqual(getsockopt(socket, SCTP.GET_LOCAL_ADDRS, { assocId }), addresses);
      assertFails(
        tryGetsockopt(socket, SCTP.GET_LOCAL_ADDRS, { assocId: assocId + 99 }),
        "InvalidArgument",
        "EINVAL",
      );
    },
    { source: "RFC 6458, 9.5" },
  ),
  observed(
    SCTP.GET_PEER_ADDRS,
    "the addresses of a peer; a one-to-many socket must say of which",
    (fixture) => {
      const { addresses } = multihomed(fixture);
      const client = oneToMany(fixture);
      const assocId = sctp_connectx(client, addresses);
      assert.deepEqual(getsockopt(client, SCTP.GET_PEER_ADDRS, { assocId }), addresses);
      assertFails(tryGetsockopt(client, SCTP.GET_PEER_ADDRS), "InvalidArgument", "EINVAL");
      const connection = sctpConnection(fixture);
      assert.deepEqual(getsockopt(connection.client, SCTP.GET_PEER_ADDRS), [getsockname(connection.server)]);
    },
    { source: "RFC 6458, 9.3" },
  ),
  observed(
    SCTP.GET_PEER_ADDR_INFO,
    "an address of the peer is active, and names the association",
    (fixture) => {
      const receiver = listening(fixture);
      const address = getsockname(receiver);
      const client = oneToMany(fixture);
      assertFails(tryGetsockopt(client, SCTP.GET_PEER_ADDR_INFO, { address }), "InvalidArgument", "EINVAL");
      associate(client, receiver);
      const info = getsockopt(client, SCTP.GET_PEER_ADDR_INFO, { address });
      assert.deepEqual([info.address, info.state], [address, SCTP_SPINFO.ACTIVE]);
      assert.deepEqual([info.assocId], getsockopt(client, SCTP.GET_ASSOC_ID_LIST));
      assert.ok(info.cwnd > 0 && info.mtu > 0 && info.rto > 0);
    },
    { source: "RFC 6458, 8.2.2" },
  ),
  observed(
    SCTP.PRIMARY_ADDR,
    "messages go to another address of the peer",
    (fixture) => {
      const { addresses } = multihomed(fixture);
      const client = oneToMany(fixture);
      const assocId = sctp_connectx(client, addresses);
      const [first, second] = addresses;
      assert.deepEqual(getsockopt(client, SCTP.PRIMARY_ADDR, { assocId }), first);
      setsockopt(client, SCTP.PRIMARY_ADDR, { assocId, address: second });
      assert.deepEqual(getsockopt(client, SCTP.PRIMARY_ADDR, { assocId }), second);
      assert.deepEqual(getsockopt(client, SCTP.STATUS, { assocId }).primary.address, second);
      const foreign = { ...first, address: "192.0.2.1" };
      assertFails(
        trySetsockopt(client, SCTP.PRIMARY_ADDR, { assocId, address: foreign }),
        "InvalidArgument",
        "EINVAL",
      );
    },
    { source: "RFC 6458, 8.1.10" },
  ),
  observed(
    SCTP.SET_PEER_PRIMARY_ADDR,
    "without ASCONF_SUPPORTED it is PermissionDenied",
    (fixture) => {
      const { client } = sctpConnection(fixture);
      assertFails(
        trySetsockopt(client, SCTP.SET_PEER_PRIMARY_ADDR, { address: getsockname(client) }),
        "PermissionDenied",
        "EPERM",
      );
    },
    { source: "sctp_setsockopt_peer_primary_addr in net/sctp/socket.c" },
  ),
  observed(
    SCTP.STATUS,
    "of one association of a one-to-many socket; without a query it is InvalidArgument",
    (fixture) => {
      const receiver = listening(fixture);
      const sender = oneToMany(fixture);
      const assocId = associate(sender, receiver);
      assert.equal(getsockopt(receiver, SCTP.STATUS, { assocId }).assocId, assocId);
      assertFails(tryGetsockopt(receiver, SCTP.STATUS), "InvalidArgument", "EINVAL");
      const address = getsockname(receiver);
      setsockopt(sender, SCTP.PEER_ADDR_PARAMS, { address, pathmaxrxt: 9 });
      assert.equal(getsockopt(sender, SCTP.PEER_ADDR_PARAMS, { address }).pathmaxrxt, 9);
      assert.notEqual(getsockopt(sender, SCTP.PEER_ADDR_PARAMS).pathmaxrxt, 9);
    },
    { source: "RFC 6458, 8.2.1 and 8.1.12" },
  ),
  observed(
    SCTP.CONTEXT,
    "and others: each association has its own, which a query reads",
    (fixture) => {
      const receiver = listening(fixture);
      const assocId = associate(oneToMany(fixture), receiver);
      for (const option of [SCTP.CONTEXT, SCTP.MAXSEG, SCTP.MAX_BURST]) {
        setsockopt(receiver, option, { assocId, value: 900 });
        assert.deepEqual(getsockopt(receiver, option, { assocId }), { assocId, value: 900 });
        assert.notEqual(getsockopt(receiver, option).value, 900);
      }
      setsockopt(receiver, SCTP.RTOINFO, { assocId, initial: 2000, max: 30_000, min: 500 });
      assert.equal(getsockopt(receiver, SCTP.RTOINFO, { assocId }).max, 30_000);
      // Kernels whose HZ is 250 round it to 4 ms, others to 10 ms.
      setsockopt(receiver, SCTP.DELAYED_SACK, { assocId, delay: 160, freq: 3 });
      assert.equal(getsockopt(receiver, SCTP.DELAYED_SACK, { assocId }).delay, 160);
      setsockopt(receiver, SCTP.DEFAULT_SNDINFO, { assocId, sid: 1, ppid: 46 });
      assert.equal(getsockopt(receiver, SCTP.DEFAULT_SNDINFO, { assocId }).ppid, 46);
      assert.equal(getsockopt(receiver, SCTP.ASSOCINFO, { assocId }).numberPeerDestinations, 1);
    },
    { source: "RFC 6458, 8.1" },
  ),
].map(withSctp);
