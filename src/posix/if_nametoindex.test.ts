import assert from "node:assert/strict";
import { assertFails, conformance, documentedErrors } from "../../test/conformance.ts";
import { IPV6 } from "../options/ipv6.ts";
import { SO } from "../options/so.ts";
import { host } from "../system/host.ts";
import { bind } from "./bind.ts";
import { AF, SOCK } from "./constants.ts";
import { getsockname } from "./getsockname.ts";
import { getsockopt } from "./getsockopt.ts";
import { if_nameindex } from "./if_nameindex.ts";
import { if_nametoindex, if_nametoindexErrors, tryIf_nametoindex } from "./if_nametoindex.ts";
import { recvmsg } from "./recvmsg.ts";
import { sendmsg } from "./sendmsg.ts";
import { setsockopt } from "./setsockopt.ts";

const POSIX = "POSIX if_nametoindex(3p)";
const windows = "Windows has no if_nameindex(), and other names";
/** The index of the loopback interface. */
const LO = host.name === "linux" ? "lo" : "lo0";

conformance("if_nametoindex", [
  {
    clause: "returns the index of the interface with a name",
    source: `${POSIX}, DESCRIPTION`,
    except: { windows },
    run() {
      for (const { index, name } of if_nameindex()) {
        assert.equal(if_nametoindex(name), index);
        assert.deepEqual(tryIf_nametoindex(name), { ok: true, value: index });
      }
    },
  },
  {
    clause: "ENODEV, or ENXIO: there is no such interface; a name that is too long, or empty, is none",
    source: `${POSIX}, RETURN VALUE; if_nametoindex(3), ERRORS`,
    run() {
      for (const name of ["not-there", "", "x".repeat(15), "x".repeat(16), "x".repeat(300)]) {
        const error = assertFails(tryIf_nametoindex(name), "DeviceNotFound");
        assert.match(error.code, /^(ENODEV|ENXIO)$/);
        assert.ok(error.message.includes(JSON.stringify(name)), error.message);
      }
    },
  },
  {
    clause: "what follows a colon is ignored: the alias of an interface has its index",
    source: "dev_ioctl in net/core/dev_ioctl.c",
    except: { windows, darwin: "it is Linux's", freebsd: "it is Linux's" },
    run: () => assert.equal(if_nametoindex("lo:1"), if_nametoindex("lo")),
  },
  {
    clause: "a name with a NUL, which C would cut, is a TypeError",
    source: "berkeley",
    run: () => assert.throws(() => if_nametoindex(`${LO}\0x`), { code: "ERR_INVALID_ARG_VALUE" }),
  },
  {
    clause: "options take the name of an interface for its index",
    source: "berkeley",
    except: { windows },
    run(fixture) {
      const index = if_nametoindex(LO);
      const socket = fixture.socket(AF.INET6, SOCK.DGRAM);
      for (const option of [IPV6.MULTICAST_IF, IPV6.UNICAST_IF, SO.BINDTOIFINDEX]) {
        if (option.numberOn(host) === undefined) continue;
        setsockopt(socket, option, LO);
        assert.equal(getsockopt(socket, option), index, option.name);
        assert.throws(() => setsockopt(socket, option, "not-there"), {
          code: "ERR_OUT_OF_RANGE",
          message: /must name a network interface of this machine, not "not-there"/,
        });
      }
      setsockopt(socket, IPV6.JOIN_GROUP, { multiaddr: "ff02::114", ifindex: LO });
      setsockopt(socket, IPV6.LEAVE_GROUP, { multiaddr: "ff02::114", ifindex: index });
      setsockopt(socket, IPV6.MCAST_JOIN_GROUP, { group: "ff02::115", interface: LO });
      setsockopt(socket, IPV6.MCAST_LEAVE_GROUP, { group: "ff02::115", interface: index });
    },
  },
  {
    clause: "so do the scope of an address, and a packet address",
    source: "berkeley",
    except: { windows, darwin: "macOS has no packet sockets", freebsd: "FreeBSD has no packet sockets" },
    run(fixture) {
      const index = if_nametoindex(LO);
      const receiver = fixture.socket(AF.INET6, SOCK.DGRAM);
      bind(receiver, { family: "ipv6", address: "ff02::116", port: 0, scopeId: LO });
      const name = getsockname(receiver);
      assert.ok(name.family === "ipv6" && name.scopeId === index);
      for (const address of [
        { family: "ipv6", address: "::1", port: 0, scopeId: "not-there" },
        { family: "packet", protocol: 3, ifindex: "not-there" },
      ] as const) {
        assert.throws(() => bind(receiver, address), {
          code: "ERR_OUT_OF_RANGE",
          message: /network interface/,
        });
      }

      const frames = fixture.packetSocket();
      if (frames === undefined) return;
      bind(frames, { family: "packet", protocol: 0, ifindex: LO });
      const bound = getsockname(frames);
      assert.ok(bound.family === "packet" && bound.ifindex === index);
    },
  },
  {
    clause: "a control message takes a name",
    source: "berkeley",
    except: { windows, freebsd: "FreeBSD has no IP_PKTINFO" },
    run(fixture) {
      const receiver = fixture.socket(AF.INET6, SOCK.DGRAM);
      bind(receiver, { family: "ipv6", address: "::1", port: 0 });
      setsockopt(receiver, IPV6.RECVPKTINFO, true);
      const sender = fixture.socket(AF.INET6, SOCK.DGRAM);
      const control = [{ type: "IPV6_PKTINFO", address: "::1", ifindex: LO }] as const;
      sendmsg(sender, { data: [Buffer.from("x")], address: getsockname(receiver), control });
      const { control: received } = recvmsg(receiver, { data: [new Uint8Array(1)], controlLength: 100 });
      assert.deepEqual(received, [{ type: "IPV6_PKTINFO", address: "::1", ifindex: if_nametoindex(LO) }]);
      const wrong = [
        { type: "IP_PKTINFO", addr: "0.0.0.0", specDst: "0.0.0.0", ifindex: "not-there" },
      ] as const;
      assert.throws(() => sendmsg(sender, { data: [], control: wrong }), { code: "ERR_OUT_OF_RANGE" });
    },
  },
  ...documentedErrors(if_nametoindexErrors, (system) => tryIf_nametoindex("lo", { system })),
]);
