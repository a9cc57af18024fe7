import assert from "node:assert/strict";
import { closeSync, openSync } from "node:fs";
import { test } from "node:test";
import { closeDescriptor } from "../../test/close-descriptor.ts";
import { assertFails, conformance, documentedErrors, errnoOf } from "../../test/conformance.ts";
import { firewallRow } from "../../test/firewall-row.ts";
import { loopback } from "../../test/fixture.ts";
import { controlLimitOfMusl, except } from "../../test/platform.ts";
import { scripted } from "../../test/scripted/scripted.ts";
import { SO } from "../options/so.ts";
import type { MessageHeader } from "../system/system.ts";
import { bind } from "./bind.ts";
import { close } from "./close.ts";
import { AF, MSG, SOCK } from "./constants.ts";
import { getsockname } from "./getsockname.ts";
import type { Message } from "./message-to-send.ts";
import { recv, tryRecv } from "./recv.ts";
import { recvmsg } from "./recvmsg.ts";
import { isSendmmsgError, sendmmsg, sendmmsgErrors, trySendmmsg } from "./sendmmsg.ts";
import { setsockopt } from "./setsockopt.ts";
import { socket } from "./socket.ts";

const LINUX = "sendmmsg(2)";
const EINTR = errnoOf("EINTR");
const somewhere = { ...loopback, port: 9 };
const texts = (...all: string[]): Message[] => all.map((text) => ({ data: [Buffer.from(text)] }));

/** Receives the next message as text. */
function next(socket: Parameters<typeof recv>[0]): string {
  const buffer = Buffer.alloc(8192);
  return buffer.toString("latin1", 0, recv(socket, buffer, MSG.DONTWAIT));
}

conformance("sendmmsg", [
  {
    clause: "sends several messages, one after the other, and says how many",
    source: `${LINUX}, DESCRIPTION`,
    except: { windows: "its socketpair() makes TCP connections only" },
    run(fixture) {
      for (const type of [SOCK.DGRAM, SOCK.SEQPACKET]) {
        const [left, right] = fixture.pair(type);
        const messages = [{ data: [Buffer.from("a"), Buffer.from("b")] }, { data: [] }, ...texts("c")];
        assert.equal(sendmmsg(left, messages), 3);
        assert.deepEqual([next(right), next(right), next(right)], ["ab", "", "c"]);
      }
    },
  },
  {
    clause: "no messages are none sent; 1024 are the most, and more are rejected before any system call",
    source: `${LINUX}, NOTES; __sys_sendmmsg in net/socket.c`,
    except: { windows: "Windows has no such option" },
    run(fixture) {
      const receiver = fixture.udp();
      bind(receiver, loopback);
      setsockopt(receiver, SO.RCVBUFFORCE, 1 << 24);
      const udp = fixture.udp();
      assert.equal(sendmmsg(udp, []), 0);
      const address = getsockname(receiver);
      const message = (at: number): Message => ({ address, data: [Buffer.from(`${at}`)] });
      const messages = Array.from({ length: 1024 }, (_, at) => message(at));
      assert.equal(sendmmsg(udp, messages), 1024);
      for (let at = 0; at < 1024; at += 1) assert.equal(next(receiver), `${at}`);
      assert.throws(() => sendmmsg(udp, [...messages, message(1024)]), RangeError);
    },
  },
  {
    clause: "each message has an address of its own, control messages of its own, or the one before's",
    source: `${LINUX}, DESCRIPTION`,
    except: { windows: "Windows has no MSG_DONTWAIT", musl: controlLimitOfMusl },
    run(fixture) {
      const [first, second, udp] = [fixture.udp(), fixture.udp(), fixture.udp()];
      for (const bound of [first, second]) bind(bound, loopback);
      const [one, two] = [getsockname(first), getsockname(second)];
      const to = (address: typeof one, text: string) => ({ address, data: [Buffer.from(text)] });
      const messages = [to(one, "a"), to(one, "b"), to(two, "c"), to({ ...one }, "d"), to(two, "e")];
      assert.equal(sendmmsg(udp, messages), 5);
      assert.deepEqual([next(first), next(first), next(first)], ["a", "b", "d"]);
      assert.deepEqual([next(second), next(second)], ["c", "e"]);
      const [left, right] = fixture.pair(SOCK.DGRAM);
      const rights = (count: number): Message => ({
        data: [],
        control: [{ type: "SCM_RIGHTS", descriptors: Array<number>(count).fill(left.fd) }],
      });
      assert.equal(sendmmsg(left, [rights(2), { data: [] }, rights(253)]), 3);
      for (const count of [2, 0, 253]) {
        const { control } = recvmsg(right, { data: [] });
        const [received] = control;
        const descriptors = received?.type === "SCM_RIGHTS" ? received.descriptors : [];
        for (const descriptor of descriptors) fixture.own(descriptor);
        assert.equal(descriptors.length, count);
      }
    },
  },
  {
    clause: "an error after the first message ends the call without being reported; the next call reports it",
    source: `${LINUX}, RETURN VALUE and BUGS`,
    except: { windows: "its socketpair() makes TCP connections only" },
    run(fixture) {
      const [left, right] = fixture.pair(SOCK.SEQPACKET);
      const bad: Message = { data: [], control: [{ type: "SCM_RIGHTS", descriptors: [0x7fffffff] }] };
      const messages = [...texts("a", "b"), bad, ...texts("c")];
      assert.equal(sendmmsg(left, messages), 2);
      assertFails(trySendmmsg(left, messages.slice(2)), "BadFileDescriptor", "EBADF");
      assert.deepEqual([next(right), next(right)], ["a", "b"]);
      assertFails(tryRecv(right, new Uint8Array(1), MSG.DONTWAIT), "WouldBlock");
    },
  },
  {
    clause: "EAGAIN: there was room for none; where there was for some, they are counted",
    source: `${LINUX}, RETURN VALUE`,
    except: { windows: "its socketpair() makes TCP connections only" },
    run(fixture) {
      const [left] = fixture.pair(SOCK.DGRAM);
      const many = texts(...Array<string>(1000).fill("x"));
      const sent = sendmmsg(left, many, MSG.DONTWAIT);
      assert.ok(sent > 0 && sent < 1000);
      assertFails(trySendmmsg(left, many, MSG.DONTWAIT), "WouldBlock", "EAGAIN");
    },
  },
  {
    clause: "EMSGSIZE, EDESTADDRREQ: for the first message, whose address the error includes",
    source: `${LINUX}, ERRORS`,
    except: { wine: "Wine says WSAEINVAL; Windows WSAENOTCONN or WSAEDESTADDRREQ (send and sendto)" },
    run(fixture) {
      const large = { address: somewhere, data: [new Uint8Array(65508)] };
      const error = assertFails(trySendmmsg(fixture.udp(), [large]), "MessageTooBig", "EMSGSIZE");
      assert.deepEqual([error.address, error.port], ["127.0.0.1", 9]);
      const result = trySendmmsg(fixture.udp(), texts("a"));
      assertFails(result, "DestinationAddressRequired", "EDESTADDRREQ");
    },
  },
  firewallRow(
    "EPERM: a firewall rule drops or rejects the first message",
    "nf_hook_slow in net/netfilter/core.c: NF_DROP",
  ),
  {
    clause: "EBADF and ENOTSOCK: the descriptor is not open, or no socket",
    source: `${LINUX}, ERRORS`,
    except: { windows: "a handle that is closed is WSAENOTSOCK to Windows, not EBADF" },
    run(fixture) {
      const udp = fixture.udp();
      closeDescriptor(udp.fd);
      assertFails(trySendmmsg(udp, texts("a")), "BadFileDescriptor", "EBADF");
      udp.detach();
      const file = openSync("/dev/null", "w");
      assertFails(trySendmmsg(file, texts("a")), "FileDescriptorNotASocket", "ENOTSOCK");
      closeSync(file);
    },
  },
  {
    clause: "a malformed message, or one that carries a closed Socket, is refused before any is sent",
    source: "berkeley",
    script: {},
    play(system) {
      using udp = socket(AF.UNIX, SOCK.DGRAM, 0, { system });
      // @ts-expect-error data is an array of pieces
      assert.throws(() => sendmmsg(udp, [...texts("a"), { data: "b" }]), TypeError);
      // @ts-expect-error the messages are an array
      assert.throws(() => sendmmsg(udp, { data: [] }), TypeError);
      assert.throws(() => sendmmsg(udp, [{ address: { ...somewhere, port: -1 }, data: [] }]), RangeError);
      assert.throws(() => sendmmsg(udp, [], 0.5), RangeError);
      const closed = socket(AF.INET, SOCK.STREAM, 0, { system });
      close(closed);
      const carried: Message = { data: [], control: [{ type: "SCM_RIGHTS", descriptors: [closed] }] };
      assertFails(trySendmmsg(udp, [...texts("a"), carried]), "SocketClosed", "EBADF");
      assertFails(trySendmmsg(closed, texts("a")), "SocketClosed", "EBADF");
      assert.ok(!system.calls.some((call) => call.startsWith("sendmmsg")));
    },
  },
  {
    clause: "EINTR never reaches the caller: the same messages are sent again",
    source: "signal(7); ___sys_sendmsg in net/socket.c",
    except: { windows: "Windows has no MSG_NOSIGNAL" },
    script: { sendmmsg: [-EINTR, -EINTR, (_fd, messages) => messages.length] },
    play(system) {
      using udp = socket(AF.INET, SOCK.DGRAM, 0, { system });
      assert.equal(sendmmsg(udp, texts("a", "b")), 2);
      assert.deepEqual(
        system.calls.filter((call) => call.startsWith("sendmmsg")),
        Array(3).fill(`sendmmsg(1000, ${MSG.NOSIGNAL})`),
      );
    },
  },
  {
    clause: "messages to one address object share its sockaddr; others have their own",
    source: "berkeley",
    script: {},
    play() {
      const sent: MessageHeader[] = [];
      const system = scripted({ sendmmsg: [(_fd, messages) => sent.push(...messages)] });
      using udp = socket(AF.INET, SOCK.DGRAM, 0, { system });
      const other = { ...somewhere };
      sendmmsg(
        udp,
        [somewhere, somewhere, other, undefined].map((address) => ({ address, data: [] })),
      );
      const [first, second, third, fourth] = sent.map(({ address }) => address);
      assert.ok(first === second && third !== second && fourth === null);
    },
  },
  ...documentedErrors(sendmmsgErrors, (system) => {
    using udp = socket(AF.INET, SOCK.DGRAM, 0, { system });
    return trySendmmsg(udp, [{ address: somewhere, data: [] }]);
  }),
]);

test(
  "sendmmsg throws what trySendmmsg returns, with the caller's stack",
  except({ wine: "Wine says WSAEINVAL; Windows WSAENOTCONN or WSAEDESTADDRREQ (send and sendto)" }),
  () => {
    using udp = socket(AF.INET, SOCK.DGRAM);
    assert.throws(
      () => {
        sendmmsg(udp, texts("a"));
      },
      (error: unknown) => {
        assert.ok(isSendmmsgError(error));
        assert.deepEqual([error.name, error.syscall], ["DestinationAddressRequired", "sendmmsg"]);
        assert.match(error.stack?.split("\n")[1] ?? "", /sendmmsg\.test\./);
        return true;
      },
    );
  },
);
