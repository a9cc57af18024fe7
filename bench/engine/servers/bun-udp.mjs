// A server for datagrams on Bun.udpSocket. bun-udp.mjs receive|echo
import { counted, isEcho } from "./datagram-count.mjs";
import { serving } from "./program.mjs";

const server = await Bun.udpSocket({
  hostname: "127.0.0.1",
  port: 0,
  socket: {
    data(socket, bytes, port, address) {
      const counts = counted(bytes.length);
      if (counts !== undefined) socket.send(counts, port, address);
      else if (isEcho) socket.send(bytes, port, address);
    },
  },
});
serving(server.port);
