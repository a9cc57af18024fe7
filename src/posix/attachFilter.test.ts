import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { closeDescriptor } from "../../test/close-descriptor.ts";
import { assertFails, conformance, documentedErrors } from "../../test/conformance.ts";
import { type Fixture, loopback } from "../../test/fixture.ts";
import { SO } from "../options/so.ts";
import { tryAccept } from "./accept.ts";
import { attachFilter, attachFilterErrors, tryAttachFilter } from "./attachFilter.ts";
import {
  attachReuseportFilter,
  attachReuseportFilterErrors,
  tryAttachReuseportFilter,
} from "./attachReuseportFilter.ts";
import { bind } from "./bind.ts";
import { BPF, type FilterInstruction } from "./bpf.ts";
import { close } from "./close.ts";
import { connect } from "./connect.ts";
import { AF, SOCK } from "./constants.ts";
import { detachFilter, detachFilterErrors, tryDetachFilter } from "./detachFilter.ts";
import { getsockname } from "./getsockname.ts";
import { listen } from "./listen.ts";
import type { Socket } from "./owned-socket.ts";
import { tryRecv } from "./recv.ts";
import { sendto } from "./sendto.ts";
import { setsockopt } from "./setsockopt.ts";
import { socket } from "./socket.ts";

const only = "it is Linux's";
const except = { windows: only, darwin: only, freebsd: only };

/** Returns the datagrams that pass a filter. */
function passing(fixture: Fixture, filter: readonly FilterInstruction[], sent: readonly string[]): string[] {
  const receiver = fixture.udp({ nonblocking: true });
  bind(receiver, loopback);
  attachFilter(receiver, filter);
  for (const text of sent) sendto(receiver, Buffer.from(text), 0, getsockname(receiver));
  return received(receiver);
}

function received(receiver: Socket): string[] {
  const texts: string[] = [];
  const buffer = Buffer.alloc(64);
  for (let result = tryRecv(receiver, buffer); result.ok; result = tryRecv(receiver, buffer)) {
    texts.push(buffer.toString("utf8", 0, result.value));
  }
  return texts;
}

const UDP_HEADER = 8;
const all = BPF.return(0xffffffff);
const nothing = BPF.return(0);

conformance("attachFilter", [
  {
    clause: "what the program returns 0 for is dropped, and the rest is cut to its length",
    source: "socket(7), SO_ATTACH_FILTER",
    except,
    run(fixture) {
      assert.deepEqual(passing(fixture, [nothing], ["a", "b"]), []);
      assert.deepEqual(passing(fixture, [all], ["a", "b"]), ["a", "b"]);
      assert.deepEqual(passing(fixture, [BPF.return(UDP_HEADER + 2)], ["abcd"]), ["ab"]);
    },
  },
  {
    clause: "bytes, lengths, calculations, jumps and what the kernel knows",
    source: "Documentation/networking/filter.rst",
    except,
    run(fixture) {
      const sent = ["a1", "b22", "c333"];
      const programs: readonly (readonly [readonly FilterInstruction[], readonly string[]])[] = [
        [[BPF.load(1, 8), BPF.jumpIf("eq", 0x62, { jf: 1 }), all, nothing], ["b22"]],
        [[BPF.load(2, 8), BPF.jumpIf("eq", 0x6131, { jf: 1 }), all, nothing], ["a1"]],
        [[BPF.load(4, 8), BPF.jumpIf("eq", 0x63333333, { jf: 1 }), all, nothing], ["c333"]],
        [
          [BPF.loadLength(), BPF.jumpIf("gt", UDP_HEADER + 2, { jt: 1 }), nothing, all],
          ["b22", "c333"],
        ],
        [[BPF.loadLength(), BPF.jumpIf("ge", UDP_HEADER + 4, { jt: 1 }), nothing, all], ["c333"]],
        [[BPF.loadX(1), BPF.loadIndirect(1, 7), BPF.jumpIf("eq", 0x61, { jt: 1 }), nothing, all], ["a1"]],
        [
          [BPF.load(1, 8), BPF.calculate("and", 1), BPF.jumpIf("set", 1, { jt: 1 }), nothing, all],
          ["a1", "c333"],
        ],
        [
          [BPF.loadConstant(8), BPF.copyToX(), BPF.loadLength(), BPF.calculate("sub", "x"), BPF.return("a")],
          // A length below eight truncates the packet, but never its header.
          ["", "", ""],
        ],
        [
          [BPF.loadX(9), BPF.copyFromX(), BPF.return("a")],
          ["a", "b", "c"],
        ],
        [[BPF.jump(1), nothing, all], sent],
        [[BPF.loadExtension("ifindex"), BPF.jumpIf("eq", 1, { jt: 1 }), nothing, all], sent],
        [[BPF.loadExtension("protocol"), BPF.jumpIf("eq", 0x0800, { jt: 1 }), nothing, all], sent],
        [[BPF.load(1, 64), all], []],
      ];
      for (const [program, expected] of programs) {
        assert.deepEqual(passing(fixture, program, sent), expected, JSON.stringify(program));
      }
    },
  },
  {
    clause: "another program replaces it, until it is detached; then there is none",
    source: "socket(7), SO_ATTACH_FILTER and SO_DETACH_FILTER",
    except,
    run(fixture) {
      const receiver = fixture.udp({ nonblocking: true });
      bind(receiver, loopback);
      const sends = () => {
        sendto(receiver, Buffer.from("x"), 0, getsockname(receiver));
        return received(receiver).length;
      };
      attachFilter(receiver, [nothing]);
      assert.equal(sends(), 0);
      attachFilter(receiver, [all]);
      assert.equal(sends(), 1);
      attachFilter(receiver, [nothing]);
      detachFilter(receiver);
      assert.equal(sends(), 1);
      assertFails(tryDetachFilter(receiver), "NotFound", "ENOENT");
    },
  },
  {
    clause: "EINVAL: a program that is empty, does not return, or jumps out of itself",
    source: "bpf_check_classic in net/core/filter.c",
    except,
    run(fixture) {
      for (const program of [
        [],
        [BPF.load(1, 0)],
        [BPF.jump(5), all],
        [BPF.jumpIf("eq", 1, { jt: 9 }), all],
        [BPF.calculate("div", 0), all],
        [BPF.calculate("mod", 0), all],
        [BPF.calculate("lsh", 32), all],
        [{ code: 0xffff, jt: 0, jf: 0, k: 0 }, all],
      ]) {
        assertFails(tryAttachFilter(fixture.udp(), program), "InvalidArgument", "EINVAL");
      }
    },
  },
  {
    clause: "the longest program has 4096 instructions",
    source: "BPF_MAXINSNS",
    except,
    run(fixture) {
      const most = Number(readFileSync("/proc/sys/net/core/optmem_max", "utf8"));
      // Eight bytes for each instruction, plus what the kernel compiles; the default limit was 20
      // KiB before Linux 6.8.
      if (most < 64 * 1024)
        return fixture.skip(`net.core.optmem_max is ${most}, which takes no such program`);
      const longest = [...Array.from({ length: 4095 }, () => BPF.loadConstant(1)), all];
      attachFilter(fixture.udp(), longest);
      assert.throws(() => attachFilter(fixture.udp(), [...longest, all]), { name: "RangeError" });
    },
  },
  {
    clause: "EPERM: the filter is locked",
    source: "socket(7), SO_LOCK_FILTER",
    except,
    run(fixture) {
      const receiver = fixture.udp();
      attachFilter(receiver, [all]);
      setsockopt(receiver, SO.LOCK_FILTER, true);
      assertFails(tryAttachFilter(receiver, [all]), "PermissionDenied", "EPERM");
      assertFails(tryDetachFilter(receiver), "PermissionDenied", "EPERM");
    },
  },
  {
    clause: "EBADF: the descriptor was closed behind our back",
    source: "setsockopt(2), ERRORS",
    except,
    run(fixture) {
      const made = fixture.tcp();
      closeDescriptor(made.fd);
      assertFails(tryAttachFilter(made, [all]), "BadFileDescriptor", "EBADF");
      assertFails(tryDetachFilter(made), "BadFileDescriptor", "EBADF");
      made.detach();
    },
  },
  ...documentedErrors(attachFilterErrors, (system) => {
    using made = socket(AF.INET, SOCK.DGRAM, 0, { system });
    return tryAttachFilter(made, [all]);
  }),
]);

conformance("attachReuseportFilter", [
  {
    clause: "the program chooses among the sockets of a port, in the order of their bind()",
    source: "socket(7), SO_ATTACH_REUSEPORT_CBPF",
    except,
    run(fixture) {
      const group = [0, 1, 2].map(() => fixture.udp({ nonblocking: true }));
      const [first] = group;
      assert.ok(first !== undefined);
      for (const each of group) {
        setsockopt(each, SO.REUSEPORT, true);
        bind(each, each === first ? loopback : getsockname(first));
      }
      // The first byte of the data: the program sees no header.
      attachReuseportFilter(first, [BPF.load(1, 0), BPF.calculate("sub", 0x30), BPF.return("a")]);
      const sender = fixture.udp();
      for (const text of ["2", "0", "1", "2"]) sendto(sender, Buffer.from(text), 0, getsockname(first));
      assert.deepEqual(group.map(received), [["0"], ["1"], ["2", "2"]]);
    },
  },
  {
    clause: "of TCP, in the order of their listen(); an index that no socket has leaves it to the hash",
    source: "reuseport_add_sock and reuseport_select_sock in net/core/sock_reuseport.c",
    except,
    run(fixture) {
      const [first, second] = [fixture.tcp({ nonblocking: true }), fixture.tcp({ nonblocking: true })];
      for (const each of [first, second]) {
        setsockopt(each, SO.REUSEPORT, true);
        bind(each, each === first ? loopback : getsockname(first));
      }
      for (const each of [second, first]) listen(each, 16);
      const accepted = () => {
        connect(fixture.tcp(), getsockname(first));
        return [first, second].map((each) => {
          const result = tryAccept(each);
          if (result.ok) close(result.value.socket);
          return result.ok;
        });
      };
      attachReuseportFilter(first, [BPF.return(0)]);
      assert.deepEqual([accepted(), accepted()], Array(2).fill([false, true]));
      attachReuseportFilter(second, [BPF.return(1)]);
      assert.deepEqual([accepted(), accepted()], Array(2).fill([true, false]));
      attachReuseportFilter(first, [BPF.return(2)]);
      assert.equal(accepted().filter((each) => each).length, 1);
    },
  },
  {
    clause: "where a socket closes, the last one takes its index",
    source: "__reuseport_detach_sock in net/core/sock_reuseport.c",
    except,
    run(fixture) {
      const group = [0, 1, 2].map(() => fixture.udp({ nonblocking: true }));
      const [first, second] = group;
      assert.ok(first !== undefined && second !== undefined);
      for (const each of group) {
        setsockopt(each, SO.REUSEPORT, true);
        bind(each, each === first ? loopback : getsockname(first));
      }
      attachReuseportFilter(second, [BPF.return(0)]);
      close(first);
      sendto(fixture.udp(), Buffer.from("x"), 0, getsockname(second));
      assert.deepEqual(group.slice(1).map(received), [[], ["x"]]);
    },
  },
  {
    clause: "EINVAL: the program is none",
    source: "bpf_check_classic in net/core/filter.c",
    except,
    run(fixture) {
      const made = fixture.udp();
      setsockopt(made, SO.REUSEPORT, true);
      assertFails(tryAttachReuseportFilter(made, []), "InvalidArgument", "EINVAL");
    },
  },
  ...documentedErrors(attachReuseportFilterErrors, (system) => {
    using made = socket(AF.INET, SOCK.DGRAM, 0, { system });
    return tryAttachReuseportFilter(made, [all]);
  }),
]);

conformance("detachFilter", [
  {
    clause: "a closed Socket makes no system call",
    source: "berkeley",
    script: {},
    play(system) {
      const made = socket(AF.INET, SOCK.DGRAM, 0, { system });
      close(made);
      const before = system.calls.length;
      assertFails(tryDetachFilter(made), "SocketClosed", "EBADF");
      assertFails(tryAttachFilter(made, []), "SocketClosed", "EBADF");
      assertFails(tryAttachReuseportFilter(made, []), "SocketClosed", "EBADF");
      assert.equal(system.calls.length, before);
    },
  },
  ...documentedErrors(detachFilterErrors, (system) => {
    using made = socket(AF.INET, SOCK.DGRAM, 0, { system });
    return tryDetachFilter(made);
  }),
]);

test("an unknown name throws, instead of making some other instruction", () => {
  const wrong: readonly [() => unknown, RegExp][] = [
    // @ts-expect-error sizes are 1, 2 and 4
    [() => BPF.load(3, 0), /^size must be one of 1, 2, 4, not 3$/],
    // @ts-expect-error
    [() => BPF.loadIndirect("2 ", 0), /size must be one of 1, 2, 4, not "2 "$/],
    // @ts-expect-error
    [() => BPF.loadExtension("toString"), /name must be one of protocol, .*, not "toString"$/],
    // @ts-expect-error
    [() => BPF.calculate("pow", 2), /operation must be one of add, .*, not "pow"$/],
    // @ts-expect-error
    [() => BPF.jumpIf("ne", 2, { jt: 1 }), /condition must be one of eq, gt, ge, set, not "ne"$/],
  ];
  for (const [make, message] of wrong) assert.throws(make, { code: "ERR_INVALID_ARG_VALUE", message });
  // @ts-expect-error it does not say where to jump
  assert.throws(() => BPF.jumpIf("eq", 2), { code: "ERR_INVALID_ARG_TYPE", message: /not undefined$/ });
});
