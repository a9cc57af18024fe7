// The declarations of the installed package, as a strict TypeScript program sees them.
import { posix } from "berkeley";
import {
  AF,
  accept,
  bind,
  type ListenError,
  listen,
  type Result,
  SO,
  SOCK,
  type SocketError,
  socket,
  tryListen,
} from "berkeley/posix";

using server: posix.Socket = socket(AF.INET, SOCK.STREAM, 0, { nonblocking: true });
bind(server, { family: "ipv4", address: "127.0.0.1", port: 0 });
listen(server, 5);
const result: Result<void, ListenError> = tryListen(server, 5);
if (!result.ok && result.error.name === "AddressInUse") result.error satisfies SocketError<"AddressInUse">;
const reuse: boolean = posix.getsockopt(server, SO.REUSEADDR);
const { address } = accept(server);
if (address.family === "ipv4") console.log(address.port, reuse);

// @ts-expect-error SO_ERROR can only be read
posix.setsockopt(server, SO.ERROR, null);
// @ts-expect-error backlog is required
listen(server);
