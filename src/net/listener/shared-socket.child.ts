// Serves the listening socket that is its descriptor 3, together with another process, until its
// standard input ends. Its argument: the engine. It prints a line when it serves.
import { Socket } from "../../posix/owned-socket.ts";
import { listen } from "./listen.ts";

const engine = process.argv[2] === "uring" ? "uring" : "readiness";
const server = await listen(
  { socket: Socket.from(3), engine },
  {
    open(connection) {
      // It waits again behind the other process, which is woken for the next one.
      server.pause().resume();
      void connection.end("the other");
    },
  },
);
console.log("serves");
process.stdin.on("end", () => server.close()).resume();
