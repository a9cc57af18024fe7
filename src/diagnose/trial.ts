import type { Ipv4Address, Ipv6Address } from "../address/address.ts";
import { SO } from "../options/so.ts";
import { type BindErrorName, tryBind } from "../posix/bind.ts";
import { close } from "../posix/close.ts";
import { AF, SOCK } from "../posix/constants.ts";
import { trySetsockopt } from "../posix/setsockopt.ts";
import { trySocket } from "../posix/socket.ts";

/**
 * Binds a TCP socket to the address and closes it at once: how bind() fails, or `"bound"`. It never listens, so it takes
 * no connection; and it is only asked where the port is taken already, or of port 0, so that it is in nobody's way.
 */
export function trialBind(
  address: Ipv4Address | Ipv6Address,
  option?: "REUSEADDR" | "REUSEPORT",
): BindErrorName | "bound" {
  const opened = trySocket(address.family === "ipv6" ? AF.INET6 : AF.INET, SOCK.STREAM);
  if (!opened.ok) return "AddressFamilyNotSupported";
  try {
    if (option !== undefined) trySetsockopt(opened.value, SO[option], true);
    const bound = tryBind(opened.value, address);
    return bound.ok ? "bound" : bound.error.name;
  } finally {
    close(opened.value);
  }
}
