import assert from "node:assert/strict";
import { test } from "node:test";
import { scripted } from "../../test/scripted/scripted.ts";
import { darwinNumbers } from "../system/darwin/numbers.ts";
import { freebsdNumbers } from "../system/freebsd/numbers.ts";
import { cmsgSpace, writeCmsgs } from "./cmsg.ts";
import { decodeControl, encodeControl, unsupported } from "./control.ts";
import type { ControlMessage } from "./control-message.ts";

// Bytes written out by hand from sys/socket.h, netinet/in.h and netinet6/in6.h: cmsg_len,
// cmsg_level, cmsg_type, data.

const darwin = scripted({}, darwinNumbers);
const freebsd = scripted({}, freebsdNumbers);

const bytes = (hex: string) => Uint8Array.from(Buffer.from(hex.replaceAll(" ", ""), "hex"));

const cases: readonly [ControlMessage, string, string][] = [
  [
    { type: "SCM_RIGHTS", descriptors: [7, 8] },
    "14000000 ffff0000 01000000 07000000 08000000",
    "18000000 ffff0000 01000000 00000000 07000000 08000000",
  ],
  [
    { type: "IPV6_PKTINFO", address: "fe80::1", ifindex: 4 },
    `20000000 29000000 2e000000 fe80${"00".repeat(13)}01 04000000`,
    `24000000 29000000 2e000000 00000000 fe80${"00".repeat(13)}01 04000000 00000000`,
  ],
  [
    { type: "IPV6_TCLASS", value: 0xb8 },
    "10000000 29000000 24000000 b8000000",
    "14000000 29000000 3d000000 00000000 b8000000 00000000",
  ],
];

for (const [message, onDarwin, onFreebsd] of cases) {
  test(`${message.type}, as sent and as received`, () => {
    for (const [system, hex] of [[darwin, onDarwin] as const, [freebsd, onFreebsd] as const]) {
      const cmsg = encodeControl(message, system);
      assert.ok(cmsg !== unsupported);
      const into = new Uint8Array(cmsgSpace(cmsg.data.byteLength, system));
      writeCmsgs([cmsg], into, system);
      assert.deepEqual(into, bytes(hex));
      assert.deepEqual(decodeControl(into, system), { messages: [message], torn: false });
    }
  });
}

test("struct in_pktinfo is macOS's too; FreeBSD has none", () => {
  const message: ControlMessage = { type: "IP_PKTINFO", ifindex: 1, specDst: "127.0.0.1", addr: "127.0.0.2" };
  const cmsg = encodeControl(message, darwin);
  const data = bytes("01000000 7f000001 7f000002");
  assert.deepEqual(cmsg, { level: 0, number: 26, data });
  assert.equal(encodeControl(message, freebsd), unsupported);
});

test("the time to live and the type of service arrive as a byte, under the option's number, and are not sent", () => {
  const onDarwin = bytes("0d000000 00000000 18000000 40 000000 0d000000 00000000 1b000000 b8");
  const onFreebsd = bytes(
    "11000000 00000000 41000000 00000000 40 00000000000000 11000000 00000000 44000000 00000000 b8",
  );
  const messages = [
    { type: "IP_TTL", value: 64 },
    { type: "IP_TOS", value: 0xb8 },
  ];
  assert.deepEqual(decodeControl(onDarwin, darwin).messages, messages);
  assert.deepEqual(decodeControl(onFreebsd, freebsd).messages, messages);
  for (const system of [darwin, freebsd]) {
    assert.equal(encodeControl({ type: "IP_TTL", value: 64 }, system), unsupported);
  }
});

test("SCM_TIMESTAMP is a struct timeval, whose padding on macOS may be anything", () => {
  const data = "0100000000000000 40420f00 deadbeef";
  const { messages } = decodeControl(bytes(`1c000000 ffff0000 02000000 ${data}`), darwin);
  assert.deepEqual(messages, [{ type: "SCM_TIMESTAMP", nanoseconds: 2_000_000_000n }]);
});

test("Linux's SCM_CREDENTIALS cannot be sent, and SCM_CREDS stays bytes", () => {
  for (const system of [darwin, freebsd]) {
    assert.equal(encodeControl({ type: "SCM_CREDENTIALS", pid: 1, uid: 0, gid: 0 }, system), unsupported);
  }
  const { messages } = decodeControl(bytes("10000000 ffff0000 03000000 01020304"), darwin);
  const data = bytes("01020304");
  assert.deepEqual(messages, [{ type: "unknown", level: 0xffff, number: 3, data }]);
});
