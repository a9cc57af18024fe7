// A server for datagrams on this package, with handlers. berkeley-udp.mjs receive|echo
import { udp } from "../../../dist/index.js";
import { SO, setsockopt } from "../../../dist/posix/index.js";
import { counted, isEcho, RECEIVE_BUFFER } from "./datagram-count.mjs";
import { serving } from "./program.mjs";

const server = await udp(
  { host: "127.0.0.1" },
  {
    message(socket, bytes, from) {
      const counts = counted(bytes.length);
      if (counts !== undefined) socket.send(counts, from);
      else if (isEcho) socket.send(bytes, from);
    },
  },
);
setsockopt(server.socket, SO.RCVBUF, RECEIVE_BUFFER);
serving(server.address.port);
