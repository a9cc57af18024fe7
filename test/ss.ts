import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import type { ListedSocket } from "../src/diagnose/listeners.ts";

// The sockets that listen or take datagrams, as reported by listeners() and ss(8) in the same
// format: a line for each, with its kind, inode, address, queue and processes, sorted.

/** Which sockets: `ss -t`, `-u` or `-x`. */
export type SsProtocol = "tcp" | "udp" | "unix";

/**
 * From `listeners({ all: true })`. ss does not list TCP sockets that are only bound, or unix
 * sockets without a name.
 */
export function asSsTells(entries: readonly ListedSocket[], protocol: SsProtocol): string[] {
  return entries
    .filter(
      ({ socket }) => socket.protocol === protocol && (protocol !== "tcp" || socket.use === "listening"),
    )
    .map(({ socket, holders }) => {
      const { pending, limit } = socket.queue ?? { pending: 0, limit: 0 };
      const pids = holders.map(({ pid }) => pid).sort((one, other) => one - other);
      // For sockets that do not listen, ss reports bytes.
      const queue = socket.use === "listening" ? `${pending}/${limit}` : "bytes";
      return `${protocol} ${socket.inode} ${endpointOf(socket)} ${queue} ${pids.join(",")}`;
    })
    .sort();
}

function endpointOf(socket: ListedSocket["socket"]): string {
  if (socket.protocol === "unix") return Buffer.from(socket.local.path).toString().replace("\0", "@");
  const { local } = socket;
  if (local.family === "ipv4") return `${local.address}:${local.port}`;
  return local.address === "::" && !socket.v6only ? `*:${local.port}` : `[${local.address}]:${local.port}`;
}

const families = { tcp: "-t", udp: "-u", unix: "-x" } as const;

/** From ss: `LISTEN 0 128 127.0.0.1:80 0.0.0.0:* users:(("node",pid=1,fd=2)) ino:3 sk:4`. */
export function ss(protocol: SsProtocol): string[] {
  const { stdout, status, error } = spawnSync("ss", ["-H", "-l", "-n", "-p", "-e", families[protocol]], {
    encoding: "utf8",
    maxBuffer: 1 << 26,
  });
  assert.equal(status, 0, error?.message);
  return stdout
    .trim()
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => lineOf(line, protocol))
    .filter((line) => line !== undefined)
    .sort();
}

function lineOf(line: string, protocol: SsProtocol): string | undefined {
  const users = [...line.matchAll(/pid=(\d+)/g)]
    .map(([, pid]) => Number(pid))
    .sort((one, other) => one - other);
  const pids = [...new Set(users)].join(",");
  const isUnix = protocol === "unix";
  const words = line.trim().split(/\s+/);
  const [state = "", pending, limit] = isUnix ? words.slice(1) : words;
  const endpoint = isUnix
    ? line.slice(0, line.indexOf(" * 0")).split(/\s+/).slice(4, -1).join(" ")
    : (words[3] ?? "");
  if (isUnix && endpoint === "*") return undefined;
  const inode = isUnix ? / (\d+)\s+\* 0/.exec(line)?.[1] : /ino:(\d+)/.exec(line)?.[1];
  const queue = state === "LISTEN" ? `${pending}/${limit}` : "bytes";
  return `${protocol} ${inode} ${endpoint} ${queue} ${pids}`;
}
