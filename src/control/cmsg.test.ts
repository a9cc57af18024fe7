import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { linux } from "../system/linux/linux.ts";
import type { System } from "../system/system.ts";
import { type Cmsg, cmsgSpace, readCmsgs, writeCmsgs } from "./cmsg.ts";

/** macOS's layout: cmsg_len is a socklen_t, and CMSG_ALIGN rounds up to 4. */
const darwin: System = { ...linux, cmsg: { headerSize: 12, alignment: 4, lengthSize: 4 } };
/** FreeBSD's on 64 bits: the header has 12 bytes too, and takes 16 (_ALIGN in sys/_align.h). */
const freebsd: System = { ...linux, cmsg: { headerSize: 12, alignment: 8, lengthSize: 4 } };
const layouts = { linux, darwin, freebsd };

const bytes = (hex: string) => Uint8Array.from(Buffer.from(hex.replaceAll(" ", ""), "hex"));

function write(cmsgs: readonly Cmsg[], system: System): Uint8Array {
  const size = cmsgs.reduce((sum, { data }) => sum + cmsgSpace(data.byteLength, system), 0);
  const into = new Uint8Array(size).fill(0xee);
  assert.equal(writeCmsgs(cmsgs, into, system), size);
  return into;
}

/** One descriptor, and a byte: SCM_RIGHTS (SOL_SOCKET, 1) and IP_TOS (IPPROTO_IP, 1). */
const two: Cmsg[] = [
  { level: 1, number: 1, data: bytes("07000000") },
  { level: 0, number: 1, data: bytes("b8") },
];
const written = {
  linux: bytes(
    "1400000000000000 01000000 01000000 07000000 00000000 1100000000000000 00000000 " +
      "01000000 b8 00000000000000",
  ),
  darwin: bytes("10000000 01000000 01000000 07000000 0d000000 00000000 01000000 b8 000000"),
  freebsd: bytes(
    "14000000 01000000 01000000 00000000 07000000 00000000 11000000 00000000 01000000 " +
      "00000000 b8 00000000000000",
  ),
};

for (const layout of ["linux", "darwin", "freebsd"] as const) {
  const system = layouts[layout];

  test(`control messages are laid out as struct cmsghdr, padded with zeros (${layout})`, () => {
    assert.deepEqual(write(two, system), written[layout]);
    assert.deepEqual(readCmsgs(written[layout], system), { cmsgs: two, torn: false });
  });

  test(`the last message may lack its padding (${layout})`, () => {
    const unpadded = written[layout].subarray(0, written[layout].byteLength - (layout === "darwin" ? 3 : 7));
    assert.deepEqual(readCmsgs(unpadded, system), { cmsgs: two, torn: false });
  });

  test(`a buffer that ends in the midst of one is torn, wherever it ends (${layout})`, () => {
    const [first] = two;
    const end = cmsgSpace(4, system);
    const last = written[layout].byteLength - (layout === "darwin" ? 3 : 7);
    for (let length = end + 1; length < last; length += 1) {
      const { cmsgs, torn } = readCmsgs(written[layout].subarray(0, length), system);
      assert.deepEqual({ cmsgs, torn }, { cmsgs: [first], torn: true }, `${length} bytes`);
    }
  });

  test(`a length below the header's, or past the buffer's end, is truncated (${layout})`, () => {
    const { lengthSize } = system.cmsg;
    const header = cmsgSpace(0, system);
    const bad = [0, 1, header - 1, header + 9, 0x7fffffff, 0x80000000, 0xffffffff];
    for (const length of lengthSize === 8 ? [...bad, 2 ** 32 + header, 2 ** 53, -1, -header] : bad) {
      const buffer = new Uint8Array(header + 8);
      const view = new DataView(buffer.buffer);
      if (lengthSize === 8) view.setBigInt64(0, BigInt(length), true);
      else view.setUint32(0, length, true);
      assert.deepEqual(readCmsgs(buffer, system), { cmsgs: [], torn: true }, `${length}`);
    }
  });

  test(`no bytes are no control messages, and fewer than a header are torn (${layout})`, () => {
    assert.deepEqual(readCmsgs(new Uint8Array(0), system), { cmsgs: [], torn: false });
    for (let length = 1; length < system.cmsg.headerSize; length += 1) {
      assert.deepEqual(readCmsgs(new Uint8Array(length).fill(0x10), system), { cmsgs: [], torn: true });
    }
  });

  const int32 = fc.integer({ min: -0x80000000, max: 0x7fffffff });
  const anyCmsg = fc.record(
    { level: int32, number: int32, data: fc.uint8Array({ maxLength: 40 }) },
    { noNullPrototype: true },
  );

  test(`reading undoes writing (${layout})`, () => {
    fc.assert(
      fc.property(fc.array(anyCmsg, { maxLength: 6 }), (cmsgs) => {
        assert.deepEqual(readCmsgs(write(cmsgs, system), system), { cmsgs, torn: false });
      }),
      { numRuns: 2000 },
    );
  });
}
