import assert from "node:assert/strict";
import { test } from "node:test";
import { procNetSockets, procNetUnixSockets } from "./proc-net.ts";

const header =
  "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode";

/** A line of /proc/net/udp. */
const udp = (slot: number, port: string, inode: number) =>
  `  ${slot}: 0100007F:${port} 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 ${inode} 2 0 0`;

test("/proc/net: a socket that the kernel prints twice is listed once; all sockets without an inode are listed", () => {
  const text = [header, udp(1, "0035", 501), udp(2, "0035", 502), udp(1, "0035", 501), udp(3, "0035", 0)];
  const sockets = procNetSockets("udp", (file) => {
    assert.equal(file, "udp");
    return [...text, udp(4, "0036", 0), udp(2, "0035", 502), ""].join("\n");
  });
  assert.deepEqual(
    sockets?.map(({ inode, local }) => [inode, local.port]),
    [
      [501, 53],
      [502, 53],
      [0, 53],
      [0, 54],
    ],
  );
  assert.deepEqual(Buffer.from(sockets?.[0]?.local.address ?? []), Buffer.from([127, 0, 0, 1]));
});

test("/proc/net/unix: lists each socket once, and keeps a newline in a path", () => {
  const line = (inode: number, path: string) =>
    `0000000000000000: 00000002 00000000 00010000 0001 01 ${inode} ${path}`;
  const text = ["Num RefCount Protocol Flags Type St Inode Path", line(7, "/a\nb"), line(8, "@c")];
  const sockets = procNetUnixSockets(() => `${[...text, line(7, "/a\nb")].join("\n")}\n`);
  assert.deepEqual(
    sockets?.map(({ inode, name, listens }) => [inode, `${Buffer.from(name)}`, listens]),
    [
      [7, "/a\nb", true],
      [8, "\0c", true],
    ],
  );
});

test("/proc/net: undefined if it cannot be read", () => {
  assert.equal(
    procNetSockets("tcp", () => undefined),
    undefined,
  );
  assert.equal(
    procNetUnixSockets(() => undefined),
    undefined,
  );
});
