import assert from "node:assert/strict";
import { conformance, type Row } from "../../test/conformance.ts";
import type { AddressInput } from "../address/address.ts";
import { bind } from "./bind.ts";
import { connect } from "./connect.ts";
import { AF, SHUT, SOCK } from "./constants.ts";
import { getsockname } from "./getsockname.ts";
import { listen } from "./listen.ts";
import type { Socket } from "./owned-socket.ts";
import { shutdown } from "./shutdown.ts";
import { trySocket } from "./socket.ts";
import { isBound, socketState } from "./socket-state.ts";

const linuxOnly = (family: string) => ({ windows: `Windows has no AF_${family}` });

/** A family, and an address of it that any process may bind to. */
interface Family {
  readonly name: string;
  readonly make: () => ReturnType<typeof trySocket>;
  readonly addresses: readonly AddressInput[];
  readonly except?: Row["except"];
}

const families: readonly Family[] = [
  {
    name: "ipv4",
    make: () => trySocket(AF.INET, SOCK.DGRAM),
    addresses: [{ family: "ipv4", address: "127.0.0.1", port: 0 }],
  },
  {
    name: "ipv6",
    make: () => trySocket(AF.INET6, SOCK.DGRAM),
    addresses: [{ family: "ipv6", address: "::1", port: 0 }],
  },
  {
    name: "unix",
    make: () => trySocket(AF.UNIX, SOCK.DGRAM),
    addresses: [{ family: "unix", path: `\0berkeley-bound-${process.pid}` }],
    except: { windows: "Windows has no abstract names, nor datagrams of unix sockets" },
  },
  {
    name: "netlink",
    make: () => trySocket(AF.NETLINK, SOCK.RAW),
    addresses: [{ family: "netlink", pid: 0, groups: 0 }],
    except: linuxOnly("NETLINK"),
  },
  {
    // 0: no protocol until it is bound to one.
    name: "packet",
    make: () => trySocket(AF.PACKET, SOCK.DGRAM, 0),
    addresses: [
      { family: "packet", protocol: 0x88b5, ifindex: 0 },
      { family: "packet", protocol: 0, ifindex: 1 },
      { family: "packet", protocol: 0x88b5, ifindex: 1 },
    ],
    except: linuxOnly("PACKET"),
  },
  {
    name: "vsock",
    make: () => trySocket(AF.VSOCK, SOCK.STREAM),
    // VMADDR_CID_ANY
    addresses: [{ family: "vsock", cid: 0xffffffff, port: 0x10000 + process.pid }],
    except: linuxOnly("VSOCK"),
  },
];

conformance("isBound", [
  ...families.flatMap(({ name, make, addresses, except }) =>
    addresses.map((address, index): Row => {
      return {
        clause: `${name}, ${index + 1}: not before bind(), and then`,
        source: "berkeley",
        ...(except === undefined ? {} : { except }),
        run(fixture) {
          const made = make();
          if (!made.ok) {
            fixture.skip(`such a socket cannot be made: ${made.error.message}`);
            return;
          }
          const bound = fixture.own(made.value);
          assert.equal(isBound(bound), false);
          bind(bound, address);
          assert.equal(isBound(bound), true);
        },
      };
    }),
  ),
  {
    clause: "what has no name, since it is closed, is not bound",
    source: "berkeley",
    script: { getsockname: [-9] },
    play(system) {
      assert.equal(isBound({ system, fd: 3 }), false);
    },
  },
]);

const states: readonly [
  state: string,
  make: (fixture: {
    tcp(): Socket;
    boundTcp(): Socket;
    listener(): Socket;
    connection(): { client: Socket };
  }) => Socket,
][] = [
  ["not connected", (fixture) => fixture.boundTcp()],
  ["listening", (fixture) => fixture.listener()],
  ["connected", (fixture) => fixture.connection().client],
];

conformance("socketState", [
  ...states.map(([state, make]): Row => {
    return {
      clause: `TCP: ${state}`,
      source: "berkeley",
      run: (fixture) => assert.equal(socketState(make(fixture)), state),
    };
  }),
  {
    clause: "a unix socket is connected, or is not, or listens",
    source: "berkeley",
    except: { windows: "Windows has no abstract names" },
    run(fixture) {
      const listener = fixture.socket(AF.UNIX, SOCK.STREAM);
      const client = fixture.socket(AF.UNIX, SOCK.STREAM);
      bind(listener, fixture.abstractAddress());
      assert.equal(socketState(listener), "not connected");
      listen(listener, 1);
      assert.equal(socketState(listener), "listening");
      assert.equal(socketState(client), "not connected");
      connect(client, getsockname(listener));
      assert.equal(socketState(client), "connected");
      shutdown(client, SHUT.WR);
      assert.equal(socketState(client), "connected");
    },
  },
]);
