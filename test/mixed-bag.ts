import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bind } from "../src/posix/bind.ts";
import { close } from "../src/posix/close.ts";
import { connect } from "../src/posix/connect.ts";
import { AF, SOCK } from "../src/posix/constants.ts";
import { getsockname } from "../src/posix/getsockname.ts";
import { listen } from "../src/posix/listen.ts";
import { socket } from "../src/posix/socket.ts";
import { type HeldByChild, Holding } from "./holding.ts";

const v4 = (address: string, port = 0) => ({ family: "ipv4", address, port }) as const;
const v6 = (address: string) => ({ family: "ipv6", address, port: 0 }) as const;
const unix = (path: string) => ({ family: "unix", path }) as const;

/** How many of the sockets `ss -t`, `ss -u` and `ss -x` should each list. */
export const mixedBagCounts = { tcp: 7 + 3 + 1, udp: 2, unix: 3 } as const;

/**
 * Sockets of every kind, for a process that is alone in a network namespace: IPv4, IPv6, both at
 * once, UDP, unix paths, a name in the abstract namespace, a group of SO_REUSEPORT in two
 * processes, an inherited one, one in another namespace, one that is only bound, and two waiting
 * connections. They are gone when the context ends.
 */
export async function mixedBag(context: { after(end: () => Promise<void>): unknown }): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "berkeley-"));
  context.after(async () => rmSync(folder, { recursive: true }));
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
  const holding = await Holding.start(context, { sockets });
  await Holding.start(context, { sockets: [shared, shared] });
  await Holding.start(context, { sockets: [shared] });
  await Holding.start(
    context,
    { sockets: [shared] },
    { under: ["unshare", "--net", "sh", "-c", 'ip link set lo up && exec "$@"', "sh"] },
  );
  const inherited = socket(AF.INET, SOCK.STREAM);
  bind(inherited, v4("127.0.0.1"));
  listen(inherited, 11);
  await Holding.start(context, { sockets: [] }, { stdio: ["pipe", "pipe", "inherit", inherited.fd] });
  const client = socket(AF.INET, SOCK.STREAM);
  connect(client, holding.address);
  const waiting = socket(AF.INET, SOCK.STREAM);
  connect(waiting, getsockname(inherited));
  context.after(async () => {
    for (const opened of [inherited, client, waiting]) close(opened);
  });
}
