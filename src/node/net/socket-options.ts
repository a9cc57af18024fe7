// The options that node:net's Sockets set. As in libuv, errors of the system are ignored, except
// for the type of service.
import { IP } from "../../options/ip.ts";
import { IPV6 } from "../../options/ipv6.ts";
import { SO } from "../../options/so.ts";
import { TCP } from "../../options/tcp.ts";
import type { BorrowedSocket } from "../../posix/borrowed-socket.ts";
import { tryGetsockname } from "../../posix/getsockname.ts";
import { tryGetsockopt } from "../../posix/getsockopt.ts";
import { trySetsockopt } from "../../posix/setsockopt.ts";
import { asCallOfNode, coded } from "./errors.ts";
import type { KeepAlive, PendingSettings } from "./internals.ts";

export function setNoDelay(socket: BorrowedSocket, on: boolean): void {
  trySetsockopt(socket, TCP.NODELAY, on);
}

/** @param initialDelay in seconds, like `interval`; 0 keeps the system's default */
export function setKeepAlive(
  socket: BorrowedSocket,
  on: boolean,
  initialDelay: number,
  interval?: number,
  count?: number,
): void {
  trySetsockopt(socket, SO.KEEPALIVE, on);
  if (!on || initialDelay <= 0) return;
  trySetsockopt(socket, TCP.KEEPIDLE, Math.min(initialDelay, 32_767));
  // libuv's defaults (uv__tcp_keepalive in src/unix/tcp.c): ten probes, one second apart.
  trySetsockopt(socket, TCP.KEEPINTVL, Math.min(interval || 1, 32_767));
  trySetsockopt(socket, TCP.KEEPCNT, Math.min(count || 10, 127));
}

/** Takes the arguments of Node's `socket.setKeepAlive()`; times are in milliseconds. */
export function setKeepAliveOfNode(
  socket: BorrowedSocket,
  on?: boolean | KeepAlive,
  initialDelay?: number,
  interval?: number,
  count?: number,
): void {
  const given = typeof on === "object" && on !== null;
  const settings: KeepAlive = given ? on : { enable: on, initialDelay, interval, count };
  setKeepAlive(
    socket,
    Boolean(settings.enable),
    seconds(settings.initialDelay),
    seconds(settings.interval),
    settings.count,
  );
}

/** In whole seconds, rounded down, as in Node: "2500" is accepted, and NaN becomes 0. */
const seconds = (milliseconds: unknown = 0): number => Math.trunc(Number(milliseconds) / 1000) || 0;

/** Throws the same errors as Node's. */
export function setTypeOfService(socket: BorrowedSocket, typeOfService: number): void {
  if (!Number.isInteger(typeOfService) || typeOfService < 0 || typeOfService > 255)
    throw coded("ERR_OUT_OF_RANGE", `tos must be an integer from 0 to 255, not ${typeOfService}`);
  const set = trySetsockopt(socket, typeOfServiceOption(socket), typeOfService);
  if (!set.ok) throw asCallOfNode(set.error, "setTypeOfService");
}

/** Throws the same errors as Node's. */
export function getTypeOfService(socket: BorrowedSocket): number {
  const got = tryGetsockopt(socket, typeOfServiceOption(socket));
  if (!got.ok) throw asCallOfNode(got.error, "getTypeOfService");
  return got.value;
}

/** Applies the settings that a program made before the Socket connected. */
export function applySettings(socket: BorrowedSocket, settings: PendingSettings): void {
  if (settings.noDelay) setNoDelay(socket, true);
  if (settings.keepAlive)
    setKeepAlive(
      socket,
      true,
      settings.keepAliveInitialDelay,
      settings.keepAliveInterval,
      settings.keepAliveCount,
    );
  const { typeOfService } = settings;
  if (typeOfService !== undefined) trySetsockopt(socket, typeOfServiceOption(socket), typeOfService);
}

function typeOfServiceOption(socket: BorrowedSocket) {
  const named = tryGetsockname(socket);
  return named.ok && named.value.family === "ipv6" ? IPV6.TCLASS : IP.TOS;
}
