// Runs under strace, which makes one call fail. Prints the error that is thrown, of whatever call.
import { SocketError } from "../errors/socket-error.ts";
import { accept } from "./accept.ts";
import { bind } from "./bind.ts";
import { connect } from "./connect.ts";
import { AF, SOCK } from "./constants.ts";
import { getpeername } from "./getpeername.ts";
import { getsockname } from "./getsockname.ts";
import { listen } from "./listen.ts";
import { recv } from "./recv.ts";
import { send } from "./send.ts";
import { shutdown } from "./shutdown.ts";
import { socket } from "./socket.ts";

try {
  using listener = socket(AF.INET, SOCK.STREAM);
  bind(listener, { family: "ipv4", address: "127.0.0.1", port: 0 });
  listen(listener, 1);
  using client = socket(AF.INET, SOCK.STREAM);
  connect(client, getsockname(listener));
  using server = accept(listener).socket;
  getpeername(server);
  send(client, Buffer.from("hello"));
  recv(server, new Uint8Array(16));
  shutdown(client, 1);
  console.log("no error");
} catch (error) {
  if (!(error instanceof SocketError)) throw error;
  console.log(`${error.syscall} ${error.code} ${error.name}`);
}
