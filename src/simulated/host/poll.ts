import { constants } from "../../system/linux/constants.ts";
import { errnos } from "../../system/linux/errno.ts";
import type { PollEntry } from "../../system/system.ts";
import { MILLISECOND } from "../clock/virtual-clock.ts";
import type { Blocking } from "./blocking.ts";
import { SocketFile } from "./descriptors.ts";
import type { Pollable } from "./epoll.ts";
import type { FileTable } from "./file-table.ts";

const { POLL, IPPROTO } = constants;
const { EAGAIN, EINVAL } = errnos;

/** What poll() needs from its host. */
interface PollHost {
  readonly files: FileTable;
  readonly blocking: Blocking;
  readonly hostName: string;
}

/** do_poll(): waits until something is ready, or the timeout in milliseconds expires. */
export function poll({ files, blocking, hostName }: PollHost, entries: PollEntry[], timeout: number): number {
  if (entries.length > files.descriptors.limit) return -EINVAL;
  const watched: Pollable[] = [];
  for (const { fd } of entries) {
    const entry = fd < 0 ? undefined : files.pollable(fd);
    if (entry !== undefined) watched.push(entry);
  }
  const look = (): number => {
    let ready = 0;
    for (const entry of entries) {
      entry.revents = eventsOf(files, entry);
      if (entry.revents !== 0) ready += 1;
    }
    return ready;
  };
  let ready = look();
  if (ready > 0 || timeout === 0) return ready;
  const limit = timeout < 0 ? Number.POSITIVE_INFINITY : timeout * MILLISECOND;
  const subjects = watched.map((entry) =>
    entry instanceof SocketFile ? entry.socket.describe() : "a queue",
  );
  blocking.run(
    { host: hostName, what: `poll() of ${subjects.join(", ") || "nothing"}` },
    watched,
    limit,
    () => {
      ready = look();
      return ready > 0 ? 0 : -EAGAIN;
    },
  );
  return ready;
}

/** do_pollfd(). */
function eventsOf(files: FileTable, { fd, events }: PollEntry): number {
  if (fd < 0) return 0;
  const entry = files.pollable(fd);
  if (entry === undefined) return POLL.NVAL;
  const now = entry.events();
  const udpOrUnix = entry instanceof SocketFile && entry.socket.protocol !== IPPROTO.TCP;
  const bands = (now & POLL.IN ? POLL.RDNORM : 0) | (now & POLL.OUT ? POLL.WRNORM : 0);
  const all = now | bands | (udpOrUnix && now & POLL.OUT ? POLL.WRBAND : 0);
  return all & (events | POLL.ERR | POLL.HUP);
}
