// A server for datagrams on node:dgram. dgram.mjs receive|echo
import { createSocket } from "node:dgram";
import { counted, isEcho, RECEIVE_BUFFER } from "./datagram-count.mjs";
import { serving } from "./program.mjs";

const server = createSocket({ type: "udp4", recvBufferSize: RECEIVE_BUFFER }, (bytes, { address, port }) => {
  const counts = counted(bytes.length);
  if (counts !== undefined) server.send(counts, port, address);
  else if (isEcho) server.send(bytes, port, address);
});
server.bind(0, "127.0.0.1", () => serving(server.address().port));
