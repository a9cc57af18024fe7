import { SO } from "../../src/options/so.ts";
import { bind } from "../../src/posix/bind.ts";
import { connect } from "../../src/posix/connect.ts";
import { AF, SOCK } from "../../src/posix/constants.ts";
import { getsockname } from "../../src/posix/getsockname.ts";
import { listen } from "../../src/posix/listen.ts";
import type { Socket } from "../../src/posix/owned-socket.ts";
import { setsockopt } from "../../src/posix/setsockopt.ts";
import { socket } from "../../src/posix/socket.ts";
import type { Setting } from "./program.ts";

const SMALL = 4096;
const LARGE = 4 << 20;

/** A socket with the buffers of a setting. */
export function newSocket({ transport, buffers }: Setting): Socket {
  const made = socket(transport === "tcp" ? AF.INET : AF.UNIX, SOCK.STREAM);
  for (const [option, size] of bufferOptions(buffers)) setsockopt(made, option, size);
  return made;
}

/** Only root may go beyond net.core.rmem_max; others get as much as they may. */
const isRoot = process.geteuid?.() === 0;

/** The options that set the socket buffers. */
export function bufferOptions(buffers: Setting["buffers"]) {
  const size = buffers === "small" ? SMALL : LARGE;
  if (buffers === "default") return [];
  if (buffers === "small" || !isRoot) return [[SO.RCVBUF, size] as const, [SO.SNDBUF, size] as const];
  return [[SO.RCVBUFFORCE, size] as const, [SO.SNDBUFFORCE, size] as const];
}

let names = 0;

export function newListener(setting: Setting): Socket {
  const made = newSocket(setting);
  if (setting.transport === "tcp") bind(made, { family: "ipv4", address: "127.0.0.1", port: 0 });
  else bind(made, { family: "unix", path: `\0berkeley-fuzz-${process.pid}-${names++}` });
  listen(made, 4);
  return made;
}

export function connectedTo(listener: Socket, setting: Setting): Socket {
  const made = newSocket(setting);
  connect(made, getsockname(listener));
  return made;
}
