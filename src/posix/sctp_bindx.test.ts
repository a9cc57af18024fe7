import assert from "node:assert/strict";
import { closedBehindOurBack, closedSocket } from "../../test/closed-rows.ts";
import { closesOnExec } from "../../test/closes-on-exec.ts";
import { assertFails, conformance, documentedErrors, errnoOf, type Row } from "../../test/conformance.ts";
import { loopback } from "../../test/fixture.ts";
import { runWithDescriptors } from "../../test/program.ts";
import {
  associate,
  listening,
  multihomed,
  oneToMany,
  oneToOne,
  portOf,
  withSctp,
} from "../../test/sctp/fixture.ts";
import type { Address } from "../address/address.ts";
import { SCTP } from "../options/sctp.ts";
import { bind } from "./bind.ts";
import { AF, MSG, SOCK } from "./constants.ts";
import { getsockname } from "./getsockname.ts";
import { getsockopt } from "./getsockopt.ts";
import { recv, tryRecv } from "./recv.ts";
import { sctp_bindx, sctp_bindxErrors, trySctp_bindx } from "./sctp_bindx.ts";
import { sctp_connectx, sctp_connectxErrors, trySctp_connectx } from "./sctp_connectx.ts";
import { sctp_peeloff, sctp_peeloffErrors, trySctp_peeloff } from "./sctp_peeloff.ts";
import { SCTP_BINDX } from "./sctp-constants.ts";
import { send } from "./send.ts";
import { sendto } from "./sendto.ts";
import { setNonblocking } from "./setNonblocking.ts";
import { socket } from "./socket.ts";

const only = "it is Linux's";
const except = { windows: only, darwin: only, freebsd: only };
const RFC = "RFC 6458";

const second = { family: "ipv4", address: "127.0.0.2", port: 0 } as const;
const third = { family: "ipv4", address: "127.0.0.3", port: 0 } as const;

const atPort = (port: number) => ({ ...loopback, port });
const hosts = (addresses: readonly Address[]) =>
  addresses.map((address) => ("address" in address ? address.address : "")).toSorted();

type Call = Parameters<typeof closedSocket>[0];

/** The rows that the three calls share. */
const onOtherSockets = (call: Call): Row[] => [
  {
    clause: "ENOPROTOOPT or EOPNOTSUPP: the socket is not one of SCTP",
    source: "ip_setsockopt and ip_getsockopt in net/ipv4/ip_sockglue.c, of another level",
    run(fixture) {
      assertFails(call(fixture.tcp()), "OperationNotSupported");
      assertFails(call(fixture.udp()), "OperationNotSupported");
    },
  },
  closedBehindOurBack("setsockopt(2), ERRORS", call, except),
  closedSocket(call),
];

conformance("sctp_bindx", [
  withSctp({
    clause: "a bound socket gets more addresses, with its port, and gives them up",
    source: `${RFC}, 9.1`,
    except,
    run(fixture) {
      const { socket: made, addresses } = multihomed(fixture);
      const all = getsockopt(made, SCTP.GET_LOCAL_ADDRS);
      assert.deepEqual(hosts(all), ["127.0.0.1", "127.0.0.2"]);
      for (const address of all) assert.ok("port" in address && address.port === portOf(made));
      sctp_bindx(made, [addresses[1]], SCTP_BINDX.REM_ADDR);
      assert.deepEqual(hosts(getsockopt(made, SCTP.GET_LOCAL_ADDRS)), ["127.0.0.1"]);
    },
  }),
  withSctp({
    clause: "an unbound socket is bound, to a free port; IPv6 and IPv4 addresses may be mixed",
    source: `${RFC}, 9.1`,
    except,
    run(fixture) {
      const made = oneToMany(fixture);
      sctp_bindx(made, [loopback], SCTP_BINDX.ADD_ADDR);
      assert.ok(portOf(made) > 0);
      const both = fixture.socket(AF.INET6, SOCK.SEQPACKET, made.protocol);
      bind(both, { family: "ipv6", address: "::1", port: 0 });
      sctp_bindx(both, [second], SCTP_BINDX.ADD_ADDR);
      assert.deepEqual(hosts(getsockopt(both, SCTP.GET_LOCAL_ADDRS)), ["::1", "::ffff:127.0.0.2"]);
    },
  }),
  withSctp({
    clause: "EADDRNOTAVAIL: one address is not local, and none is added",
    source: `${RFC}, 9.1; sctp_bindx_add in net/sctp/socket.c`,
    except,
    run(fixture) {
      const made = listening(fixture);
      const foreign = { family: "ipv4", address: "192.0.2.1", port: 0 } as const;
      const error = assertFails(
        trySctp_bindx(made, [second, foreign], SCTP_BINDX.ADD_ADDR),
        "AddressNotAvailable",
        "EADDRNOTAVAIL",
      );
      assert.equal(error.address, undefined);
      assert.deepEqual(hosts(getsockopt(made, SCTP.GET_LOCAL_ADDRS)), ["127.0.0.1"]);
      const one = assertFails(trySctp_bindx(made, [foreign], SCTP_BINDX.ADD_ADDR), "AddressNotAvailable");
      assert.equal(one.address, foreign.address);
    },
  }),
  withSctp({
    clause: "EADDRINUSE: another socket is bound to an address",
    source: "sctp_do_bind in net/sctp/socket.c",
    except,
    run(fixture) {
      const { addresses } = multihomed(fixture);
      const made = oneToMany(fixture);
      const error = assertFails(trySctp_bindx(made, [addresses[1]], SCTP_BINDX.ADD_ADDR), "AddressInUse");
      assert.deepEqual([error.code, error.port], ["EADDRINUSE", addresses[1].port]);
    },
  }),
  withSctp({
    clause: "EINVAL: no address, other flags, another port, one that is bound already, or is not",
    source: `${RFC}, 9.1; sctp_do_bind and sctp_bindx_rem in net/sctp/socket.c`,
    except,
    run(fixture) {
      const { socket: made, addresses } = multihomed(fixture);
      const [first] = addresses;
      const { ADD_ADDR, REM_ADDR } = SCTP_BINDX;
      const other = { ...third, port: first.port === 65535 ? 65534 : first.port + 1 };
      for (const [given, flags] of [
        [[], ADD_ADDR],
        [[third], 0],
        [[third], ADD_ADDR | REM_ADDR],
        [[other], ADD_ADDR],
        [[first], ADD_ADDR],
        [[third], REM_ADDR],
      ] as const) {
        assertFails(trySctp_bindx(made, given, flags), "InvalidArgument", "EINVAL");
      }
    },
  }),
  withSctp({
    clause: "EBUSY: the last address is not removed",
    source: "sctp_bindx_rem in net/sctp/socket.c",
    except,
    run(fixture) {
      const { socket: made, addresses } = multihomed(fixture);
      sctp_bindx(made, [addresses[0]], SCTP_BINDX.REM_ADDR);
      assertFails(trySctp_bindx(made, [addresses[1]], SCTP_BINDX.REM_ADDR), "ResourceBusy", "EBUSY");
    },
  }),
  {
    clause: "the longest list has 585 addresses",
    source: "berkeley",
    script: {},
    play(system) {
      using made = socket(AF.INET, SOCK.DGRAM, 0, { system });
      sctp_bindx(made, Array<typeof second>(585).fill(second), 1);
      assert.throws(() => sctp_bindx(made, Array<typeof second>(586).fill(second), 1), {
        name: "RangeError",
      });
      const path = { family: "unix", path: "/tmp/x" } as never;
      assert.throws(() => sctp_bindx(made, [path], 1), { name: "TypeError", message: /"ipv4" or "ipv6"/ });
      const short = { family: "unknown", number: AF.INET, data: new Uint8Array(3) } as never;
      assert.throws(() => sctp_bindx(made, [short], 1), { name: "TypeError", message: /"ipv4" or "ipv6"/ });
    },
  },
  {
    clause: "an error is about the address, whatever the array's iterator does",
    source: "berkeley",
    script: { sctp_bindx: [-errnoOf("EADDRINUSE")], sctp_connectx: [-errnoOf("ECONNREFUSED")] },
    play(system) {
      using made = socket(AF.INET, SOCK.DGRAM, 0, { system });
      const addresses = Object.defineProperty([second], Symbol.iterator, {
        value() {
          throw new Error("iterated");
        },
      });
      for (const error of [
        assertFails(trySctp_bindx(made, addresses, 1), "AddressInUse"),
        assertFails(trySctp_connectx(made, addresses), "ConnectionRefused"),
      ]) {
        assert.equal(error.address, second.address);
      }
    },
  },
  ...onOtherSockets((made) => trySctp_bindx(made, [second], 1)),
  ...documentedErrors(sctp_bindxErrors, (system) => {
    using made = socket(AF.INET, SOCK.DGRAM, 0, { system });
    return trySctp_bindx(made, [second], 1);
  }),
]);

conformance("sctp_connectx", [
  withSctp({
    clause: "an association with all addresses of the peer is set up, and its number returned",
    source: `${RFC}, 9.9`,
    except,
    run(fixture) {
      const { addresses } = multihomed(fixture);
      const client = oneToMany(fixture);
      const assocId = sctp_connectx(client, addresses);
      assert.deepEqual(getsockopt(client, SCTP.GET_ASSOC_ID_LIST), [assocId]);
      const peers = getsockopt(client, SCTP.GET_PEER_ADDRS, { assocId });
      assert.deepEqual(hosts(peers), ["127.0.0.1", "127.0.0.2"]);
      const one = oneToOne(fixture);
      assert.ok(sctp_connectx(one, addresses) > 0);
      assert.equal(getsockopt(one, SCTP.GET_PEER_ADDRS).length, 2);
    },
  }),
  withSctp({
    clause: "EINPROGRESS: a non-blocking socket does not wait; the number is read by the address",
    source: `${RFC}, 9.9; sctp_wait_for_connect in net/sctp/socket.c`,
    except,
    run(fixture) {
      const { socket: made, addresses } = multihomed(fixture);
      const client = oneToMany(fixture);
      setNonblocking(client, true);
      assertFails(trySctp_connectx(client, addresses), "ConnectionPending", "EINPROGRESS");
      const [address] = addresses;
      const { assocId } = getsockopt(client, SCTP.GET_PEER_ADDR_INFO, { address });
      assert.deepEqual(getsockopt(client, SCTP.GET_ASSOC_ID_LIST), [assocId]);
      sendto(client, Buffer.from("hello"), 0, address);
      assert.equal(recv(made, new Uint8Array(16)), 5);
    },
  }),
  withSctp({
    clause: "EISCONN: there is an association with an address; a listening one-to-one socket has none",
    source: "__sctp_connect in net/sctp/socket.c",
    except,
    run(fixture) {
      const { addresses } = multihomed(fixture);
      const client = oneToMany(fixture);
      sctp_connectx(client, addresses);
      assertFails(trySctp_connectx(client, addresses), "AlreadyConnected", "EISCONN");
      const listener = listening(fixture, oneToOne(fixture));
      assertFails(trySctp_connectx(listener, addresses), "AlreadyConnected", "EISCONN");
    },
  }),
  withSctp({
    clause: "ECONNREFUSED: no socket listens on the port",
    source: "sctp_wait_for_connect in net/sctp/socket.c",
    except,
    run(fixture) {
      const bound = oneToMany(fixture);
      bind(bound, loopback);
      const name = atPort(portOf(bound));
      const error = assertFails(trySctp_connectx(oneToMany(fixture), [name]), "ConnectionRefused");
      assert.deepEqual([error.code, error.port], ["ECONNREFUSED", name.port]);
    },
  }),
  withSctp({
    clause: "EINVAL: no address, or addresses of several ports",
    source: "__sctp_connect in net/sctp/socket.c",
    except,
    run(fixture) {
      const { addresses } = multihomed(fixture);
      const other = { ...addresses[1], port: addresses[1].port === 9 ? 10 : 9 };
      for (const given of [[], [addresses[0], other]]) {
        assertFails(trySctp_connectx(oneToMany(fixture), given), "InvalidArgument", "EINVAL");
      }
    },
  }),
  withSctp({
    clause: "EADDRNOTAVAIL: the association with the address has a socket of its own",
    source: `${RFC}, 9.2; sctp_endpoint_is_peeled_off in net/sctp/endpointola.c`,
    except,
    run(fixture) {
      const receiver = listening(fixture);
      const client = oneToMany(fixture);
      const address = atPort(portOf(receiver));
      fixture.own(sctp_peeloff(client, sctp_connectx(client, [address])));
      assertFails(trySctp_connectx(client, [address]), "AddressNotAvailable", "EADDRNOTAVAIL");
    },
  }),
  {
    clause: "EINTR: a signal ends the wait, and the association goes on: ConnectionPending",
    source: "sctp_wait_for_connect in net/sctp/socket.c",
    script: { sctp_connectx: [-errnoOf("EINTR")] },
    play(system) {
      using made = socket(AF.INET, SOCK.DGRAM, 0, { system });
      assertFails(trySctp_connectx(made, [second]), "ConnectionPending", "EINPROGRESS");
    },
  },
  ...onOtherSockets((made) => trySctp_connectx(made, [second])),
  ...documentedErrors(sctp_connectxErrors, (system) => {
    using made = socket(AF.INET, SOCK.DGRAM, 0, { system });
    return trySctp_connectx(made, [second]);
  }),
]);

conformance("sctp_peeloff", [
  withSctp({
    clause: "the association has a socket of its own, with the messages that were not received",
    source: `${RFC}, 9.2`,
    except,
    run(fixture) {
      const receiver = listening(fixture);
      const [sender, other] = [oneToMany(fixture), oneToMany(fixture)];
      const assocId = associate(sender, receiver);
      sendto(sender, Buffer.from("unread"), 0, getsockname(receiver));
      sendto(other, Buffer.from("stays"), 0, getsockname(receiver));
      const own = fixture.own(sctp_peeloff(receiver, assocId));
      assert.deepEqual([own.domain, own.type, own.protocol], [AF.INET, SOCK.SEQPACKET, receiver.protocol]);
      const buffer = Buffer.alloc(16);
      assert.equal(buffer.toString("utf8", 0, recv(own, buffer)), "unread");
      assert.equal(buffer.toString("utf8", 0, recv(receiver, buffer)), "stays");
      send(own, Buffer.from("back"));
      assert.equal(buffer.toString("utf8", 0, recv(sender, buffer)), "back");
      assert.ok(!getsockopt(receiver, SCTP.GET_ASSOC_ID_LIST).includes(assocId));
    },
  }),
  withSctp({
    clause: "the new socket is blocking and close-on-exec, unless the options say otherwise",
    source: "berkeley; SCTP_SOCKOPT_PEELOFF_FLAGS, sctp_getsockopt_peeloff_flags in net/sctp/socket.c",
    except,
    run(fixture) {
      const receiver = listening(fixture);
      const peeled = (options?: Parameters<typeof sctp_peeloff>[2]) =>
        fixture.own(sctp_peeloff(receiver, associate(oneToMany(fixture), receiver), options));
      const [plain, nonblocking, inherited] = [
        peeled(),
        peeled({ nonblocking: true }),
        peeled({ closeOnExec: false }),
      ];
      assert.deepEqual(
        [plain, nonblocking, inherited].map(({ fd }) => closesOnExec(fd)),
        [true, true, false],
      );
      assertFails(tryRecv(nonblocking, new Uint8Array(1)), "WouldBlock");
      assertFails(tryRecv(plain, new Uint8Array(1), MSG.DONTWAIT), "WouldBlock");
    },
  }),
  withSctp({
    clause: "EINVAL: there is no such association, or the socket is one-to-one",
    source: "sctp_do_peeloff in net/sctp/socket.c",
    except,
    run(fixture) {
      const receiver = listening(fixture);
      const assocId = associate(oneToMany(fixture), receiver);
      for (const wrong of [0, -1, assocId + 1000]) {
        assertFails(trySctp_peeloff(receiver, wrong), "InvalidArgument", "EINVAL");
      }
      const client = oneToOne(fixture);
      const own = sctp_connectx(client, [atPort(portOf(receiver))]);
      assertFails(trySctp_peeloff(client, own), "InvalidArgument", "EINVAL");
    },
  }),
  withSctp({
    clause: "EMFILE: no descriptor is left, and the association is gone with the socket it was to have",
    source: "sctp_getsockopt_peeloff_common in net/sctp/socket.c",
    except,
    run() {
      runWithDescriptors(100, new URL("sctp_peeloff-last-descriptor.child.js", import.meta.url));
    },
  }),
  ...onOtherSockets((made) => trySctp_peeloff(made, 1)),
  ...documentedErrors(sctp_peeloffErrors, (system) => {
    using made = socket(AF.INET, SOCK.DGRAM, 0, { system });
    return trySctp_peeloff(made, 1);
  }),
]);
