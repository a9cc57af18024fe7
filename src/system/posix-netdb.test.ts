import assert from "node:assert/strict";
import { test } from "node:test";
import { except } from "../../test/platform.ts";
import { addressOf } from "../native/memory.ts";
import { bsdEai, EAI, linuxEai } from "./eai.ts";
import * as libc from "./posix-libc.ts";
import { ADDRINFO, type NetdbLayout, netdbCalls } from "./posix-netdb.ts";
import type { ResolvedAddressInfo } from "./system.ts";

const layouts: Readonly<Record<string, NetdbLayout>> = {
  linux: { addr: 24, canonname: 32, eai: linuxEai },
  "macOS and FreeBSD": { addr: 32, canonname: 24, eai: bsdEai },
};
const hints = { flags: 0, family: 0, socktype: 0, protocol: 0 };
const here = except({ windows: "it copies with the C library" });

/** A list as a C library would allocate it, and the expected result. */
function listOf(count: number, { addr, canonname }: NetdbLayout) {
  const held: Buffer[] = [];
  const expected: ResolvedAddressInfo[] = [];
  const pointerTo = (bytes: Buffer) => {
    held.push(bytes);
    return addressOf(bytes);
  };
  let next = 0n;
  for (let index = count - 1; index >= 0; index -= 1) {
    const entry = Buffer.alloc(ADDRINFO.size);
    const address = Buffer.alloc(index === 1 ? 28 : 16, index + 1);
    const name = index === 0 ? "a.name.test" : undefined;
    entry.writeInt32LE(index + 2, ADDRINFO.family);
    entry.writeInt32LE(index + 3, ADDRINFO.socktype);
    entry.writeInt32LE(index + 4, ADDRINFO.protocol);
    entry.writeUInt32LE(address.byteLength, ADDRINFO.addrlen);
    entry.writeBigUInt64LE(pointerTo(address), addr);
    entry.writeBigUInt64LE(name === undefined ? 0n : pointerTo(Buffer.from(`${name}\0rest`)), canonname);
    entry.writeBigUInt64LE(next, ADDRINFO.next);
    next = pointerTo(entry);
    expected.unshift({
      family: index + 2,
      socktype: index + 3,
      protocol: index + 4,
      address: new Uint8Array(address),
      canonname: name,
    });
  }
  return { first: next, expected, held };
}

for (const [name, layout] of Object.entries(layouts)) {
  test(`a list of ${name} is copied, and freed once`, here, () => {
    for (const count of [0, 1, 3]) {
      const { first, expected, held } = listOf(count, layout);
      const freed: bigint[] = [];
      const calls = netdbCalls(
        {
          ...libc,
          getaddrinfo(_node, _service, _hints, list) {
            new DataView(list.buffer, list.byteOffset).setBigUint64(0, first, true);
            return 0;
          },
          freeaddrinfo: (list) => void freed.push(list),
        },
        layout,
      );
      const found: ResolvedAddressInfo[] = [];
      assert.equal(calls.getaddrinfo(null, "80", hints, found), 0);
      assert.deepEqual(
        found.map(({ address, ...entry }) => ({ ...entry, address: new Uint8Array(address) })),
        expected,
      );
      assert.deepEqual(freed, count === 0 ? [] : [first]);
      assert.equal(held.length, count === 0 ? 0 : count * 2 + 1);
    }
  });

  test(`a list of ${name} is freed if it cannot be copied`, here, () => {
    const { first } = listOf(1, layout);
    const freed: bigint[] = [];
    const calls = netdbCalls(
      {
        ...libc,
        getaddrinfo(_node, _service, _hints, list) {
          new DataView(list.buffer, list.byteOffset).setBigUint64(0, first, true);
          return 0;
        },
        memcpy() {
          throw new RangeError("no memory");
        },
        freeaddrinfo: (list) => void freed.push(list),
      },
      layout,
    );
    assert.throws(() => calls.getaddrinfo(null, "80", hints, []), /no memory/);
    assert.deepEqual(freed, [first]);
  });

  test(`the codes of ${name} become Node's numbers, EAI_SYSTEM the errno, and unknown ones EAI_FAIL`, () => {
    for (const [code, number] of Object.entries(layout.eai)) {
      const calls = netdbCalls({ ...libc, getaddrinfo: () => number, errno: () => 24 }, layout);
      const expected = code === "EAI_SYSTEM" ? 24 : Object.entries(EAI).find(([key]) => key === code)?.[1];
      assert.equal(calls.getaddrinfo("a", null, hints, []), -(expected ?? 0), code);
    }
    const calls = netdbCalls({ ...libc, getaddrinfo: () => 9999 }, layout);
    assert.equal(calls.getaddrinfo("a", null, hints, []), -EAI.EAI_FAIL);
    // 0 would mean success without addresses.
    const { EAI_SYSTEM } = layout.eai;
    const silent = netdbCalls({ ...libc, getaddrinfo: () => EAI_SYSTEM, errno: () => 0 }, layout);
    assert.equal(silent.getaddrinfo("a", null, hints, []), -EAI.EAI_FAIL);
  });
}
