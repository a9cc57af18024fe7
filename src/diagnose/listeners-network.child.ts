// Runs in a network namespace of its own, with a mixed bag of listeners, and compares what is told of them with what ss(8) tells.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type HeldByChild, Holding } from "../conformance/holding.ts";
import { ip } from "../conformance/network-namespace.ts";
import { bind } from "../posix/bind.ts";
import { connect } from "../posix/connect.ts";
import { AF, SOCK } from "../posix/constants.ts";
import { getsockname } from "../posix/getsockname.ts";
import { listen } from "../posix/listen.ts";
import { socket } from "../posix/socket.ts";
import { type Listed, listeners } from "./listeners.ts";

ip("link set lo up");
const folder = mkdtempSync(join(tmpdir(), "berkeley-"));
const ends: (() => Promise<void>)[] = [];
const context = { after: (end: () => Promise<void>) => ends.push(end) };

const v4 = (address: string, port = 0) => ({ family: "ipv4", address, port }) as const;
const v6 = (address: string) => ({ family: "ipv6", address, port: 0 }) as const;
const unix = (path: string) => ({ family: "unix", path }) as const;
const shared = { address: v4("127.0.0.1", 4000), reusePort: true, backlog: 3 };
const sockets: HeldByChild[] = [
  { address: v4("127.0.0.1"), backlog: 1 },
  { address: v4("0.0.0.0"), backlog: 128 },
  { address: v4("127.0.0.2"), backlog: 0 },
  { address: v6("::1"), backlog: 5 },
  { address: v6("::"), backlog: 6, v6only: true },
  { address: v6("::"), backlog: 7, v6only: false },
  { address: v6("::ffff:127.0.0.1"), backlog: 8 },
  { address: v4("127.0.0.1"), datagram: true },
  { address: v6("::1"), datagram: true },
  { address: v4("127.0.0.1") },
  { address: unix(join(folder, "socket")), backlog: 9 },
  { address: unix(join(folder, "datagrams")), datagram: true },
  { address: unix("\0berkeley abstract"), backlog: 10 },
];
try {
  const holding = await Holding.start(context, { sockets });
  await Holding.start(context, { sockets: [shared, shared] });
  await Holding.start(context, { sockets: [shared] });
  await Holding.start(
    context,
    { sockets: [shared] },
    { under: ["unshare", "--net", "sh", "-c", 'ip link set lo up && exec "$@"', "sh"] },
  );
  using inherited = socket(AF.INET, SOCK.STREAM);
  bind(inherited, v4("127.0.0.1"));
  listen(inherited, 11);
  await Holding.start(context, { sockets: [] }, { stdio: ["pipe", "pipe", "inherit", inherited.fd] });
  using client = socket(AF.INET, SOCK.STREAM);
  connect(client, holding.address);
  using waiting = socket(AF.INET, SOCK.STREAM);
  connect(waiting, getsockname(inherited));

  const tcp = ss("-t");
  assert.equal(tcp.length, 7 + 3 + 1);
  assert.deepEqual(told(listeners(), "tcp"), tcp);
  const all = listeners({ all: true });
  assert.deepEqual(told(all, "udp"), ss("-u"));
  const named = ss("-x");
  assert.equal(named.length, 3);
  assert.deepEqual(told(all, "unix"), named);
  assert.equal(all.filter(({ socket }) => socket.protocol === "tcp" && socket.use === "bound").length, 1);
} finally {
  for (const end of ends) await end();
  rmSync(folder, { recursive: true });
}

/** Each socket by its inode, with the queue and the processes. */
function told(entries: readonly Listed[], protocol: string): string[] {
  return entries
    .filter(
      ({ socket }) =>
        socket.protocol === protocol &&
        (protocol === "udp" ||
          socket.use !== "bound" ||
          (socket.protocol === "unix" && socket.type === "datagram")),
    )
    .map(({ socket, holders }) => {
      const { pending, limit } = socket.queue ?? { pending: 0, limit: 0 };
      const pids = holders.map(({ pid }) => pid).sort((one, other) => one - other);
      // Of sockets that do not listen, ss tells bytes.
      const queue = socket.use === "listening" ? `${pending}/${limit}` : "bytes";
      return `${protocol} ${socket.inode} ${placeOf(socket)} ${queue} ${pids.join(",")}`;
    })
    .sort();
}

function placeOf(socket: Listed["socket"]): string {
  if (socket.protocol === "unix") return Buffer.from(socket.local.path).toString().replace("\0", "@");
  const { local } = socket;
  if (local.family === "ipv4") return `${local.address}:${local.port}`;
  return local.address === "::" && !socket.v6only ? `*:${local.port}` : `[${local.address}]:${local.port}`;
}

/** The same from ss: `LISTEN 0 128 127.0.0.1:80 0.0.0.0:* users:(("node",pid=1,fd=2)) ino:3 sk:4`. */
function ss(family: "-t" | "-u" | "-x"): string[] {
  const { stdout, status, error } = spawnSync("ss", ["-H", "-l", "-n", "-p", "-e", family], {
    encoding: "utf8",
  });
  assert.equal(status, 0, error?.message);
  return stdout
    .trim()
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => {
      const users = [...line.matchAll(/pid=(\d+)/g)]
        .map(([, pid]) => Number(pid))
        .sort((one, other) => one - other);
      const pids = [...new Set(users)].join(",");
      const isUnix = family === "-x";
      const words = line.trim().split(/\s+/);
      const [state = "", pending, limit] = isUnix ? words.slice(1) : words;
      const place = isUnix
        ? line.slice(0, line.indexOf(" * 0")).split(/\s+/).slice(4, -1).join(" ")
        : (words[3] ?? "");
      const inode = isUnix ? / (\d+)\s+\* 0/.exec(line)?.[1] : /ino:(\d+)/.exec(line)?.[1];
      const queue = state === "LISTEN" ? `${pending}/${limit}` : "bytes";
      const protocol = { "-t": "tcp", "-u": "udp", "-x": "unix" }[family];
      return `${protocol} ${inode} ${place} ${queue} ${pids}`;
    })
    .sort();
}
