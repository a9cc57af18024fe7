import assert from "node:assert/strict";
import { test } from "node:test";
import { print, printedByC } from "../../../test/c-program.ts";
import { linux } from "../../system/linux/linux.ts";
import { ValueResult } from "../../system/value-result.ts";
import { type TcpInfo, tcpInfo } from "./tcp-info.ts";

function decode(length: number, set: (bytes: Uint8Array) => void = () => {}): TcpInfo {
  const value = new ValueResult(new ArrayBuffer(512 + 16));
  set(value.bytes);
  value.length = length;
  return tcpInfo.decode(value, linux);
}

/** Bit fields, whose offsets C cannot report. */
const bitFields = new Set(["snd_wscale", "rcv_wscale", "delivery_rate_app_limited", "fastopen_client_fail"]);

/** Fields of Linux 6.2, 6.7 and 6.18, which older headers lack. */
const later = /^(rcv_wnd|rehash|total_rto|received_|delivered_(e0|e1|ce)_|accecn_)/;

test("every field has the offset and length of the headers", (context) => {
  const names = Object.keys(decode(280)).filter((name) => !bitFields.has(name) && !later.test(name));
  const printed = printedByC(
    context,
    ["linux/tcp.h"],
    names.flatMap((name) => [
      print(`${name}.offset`, `offsetof(struct tcp_info, tcpi_${name})`),
      print(`${name}.size`, `sizeof(((struct tcp_info *)0)->tcpi_${name})`),
    ]),
  );
  if (printed === undefined) return;
  for (const name of names) {
    const offset: number = printed.get(`${name}.offset`) ?? -1;
    const size: number = printed.get(`${name}.size`) ?? -1;
    const info = decode(280, (bytes) => bytes.fill(1, offset, offset + size));
    const expected = Number(BigInt(`0x${"01".repeat(size)}`));
    assert.deepEqual(
      Object.entries(info).filter(([, value]) => value !== 0 && value !== false),
      [[name, expected]],
    );
  }
});

test("later fields follow without a gap, and are undefined if the kernel's structure is shorter", () => {
  const order = Object.keys(decode(280)).filter((name) => later.test(name));
  let offset = 232;
  for (const name of order) {
    const size = name === "total_rto" || name === "total_rto_recoveries" ? 2 : 4;
    const set = (bytes: Uint8Array) => void bytes.fill(1, offset, offset + size);
    const present = new Map(Object.entries(decode(offset + size, set)));
    assert.equal(present.get(name), size === 2 ? 0x0101 : 0x01010101, name);
    assert.equal(new Map(Object.entries(decode(offset + size - 1, set))).get(name), undefined, name);
    offset += size;
  }
  assert.equal(offset, tcpInfo.size);
});

test("the bit fields of bytes 6 and 7", () => {
  const info = decode(104, (bytes) => bytes.set([0xa7, 0b101], 6));
  assert.deepEqual(
    [info.snd_wscale, info.rcv_wscale, info.delivery_rate_app_limited, info.fastopen_client_fail],
    [7, 10, true, 2],
  );
});
