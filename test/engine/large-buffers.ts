import { SO } from "../../src/options/so.ts";
import { AF, SOCK } from "../../src/posix/constants.ts";
import { getsockopt } from "../../src/posix/getsockopt.ts";
import { setsockopt, trySetsockopt } from "../../src/posix/setsockopt.ts";
import type { Fixture } from "../fixture.ts";

const options = {
  receive: [SO.RCVBUF, SO.RCVBUFFORCE],
  send: [SO.SNDBUF, SO.SNDBUFFORCE],
} as const;

/**
 * The option that gives a socket a buffer of that many bytes, and its value; if the system refuses,
 * the test is skipped. Before Linux 6.18, net.core.rmem_max is 208 KiB: more needs CAP_NET_ADMIN.
 */
export function largeBuffer(fixture: Fixture, direction: keyof typeof options, bytes: number) {
  const [option, forced] = options[direction];
  const socket = fixture.socket(AF.INET, SOCK.STREAM);
  if (trySetsockopt(socket, forced, bytes).ok) return [forced, bytes] as const;
  setsockopt(socket, option, bytes);
  if (getsockopt(socket, option) >= bytes) return [option, bytes] as const;
  fixture.skip(`the ${direction} buffer may not be large enough here without CAP_NET_ADMIN`);
  return undefined;
}
