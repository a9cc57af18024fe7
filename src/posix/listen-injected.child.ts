// Runs under strace, which makes listen(2) fail, and prints the error.
import { bind } from "./bind.ts";
import { AF, SOCK } from "./constants.ts";
import { isListenError, listen } from "./listen.ts";
import { socket } from "./socket.ts";

using server = socket(AF.INET, SOCK.STREAM);
bind(server, { family: "ipv4", address: "127.0.0.1", port: 0 });
try {
  listen(server, 1);
} catch (error) {
  if (!isListenError(error)) throw error;
  const { name, code, errno, syscall, address, message, stack = "" } = error;
  const isHere = /listen-injected\.child/.test(stack.split("\n").find((line) => / at /.test(line)) ?? "");
  console.log(JSON.stringify({ name, code, errno, syscall, address, isHere, message }));
}
// Only one call failed; the next succeeds.
listen(server, 1);
console.log("listening");
