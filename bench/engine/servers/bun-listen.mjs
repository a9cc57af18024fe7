// An echo server on Bun.listen.
import { serving } from "./program.mjs";

const server = Bun.listen({
  hostname: "127.0.0.1",
  port: 0,
  socket: {
    open(socket) {
      socket.setNoDelay(true);
    },
    data(socket, bytes) {
      // The load has one message in flight per connection, which always fits the socket's buffer.
      const sent = socket.write(bytes);
      if (sent !== bytes.length && sent !== -1)
        throw new Error(`write took ${sent} of ${bytes.length} bytes`);
    },
    error(socket) {
      socket.terminate();
    },
  },
});
serving(server.port);
