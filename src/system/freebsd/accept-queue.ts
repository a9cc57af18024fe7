import type { AcceptQueue, System } from "../system.ts";
import { options } from "./options.ts";

/**
 * The length of a listener's accept queue, for TCP and unix sockets; other sockets fail with EINVAL
 * (sogetopt).
 */
export function acceptQueue(system: System, fd: number): AcceptQueue | undefined {
  if (!int(system, fd, "SO_ACCEPTCONN")) return undefined;
  const pending = int(system, fd, "SO_LISTENQLEN");
  const limit = int(system, fd, "SO_LISTENQLIMIT");
  return pending === undefined || limit === undefined ? undefined : { pending, limit };
}

function int(system: System, fd: number, name: keyof typeof options): number | undefined {
  const { level, number } = options[name];
  system.option.length = 4;
  return system.getsockopt(fd, level, number, system.option) < 0 ? undefined : system.option.ints[0];
}
