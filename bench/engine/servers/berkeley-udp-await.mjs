// A server for datagrams on this package, with `for await`. berkeley-udp-await.mjs receive|echo
import { udp } from "../../../dist/index.js";
import { SO, setsockopt } from "../../../dist/posix/index.js";
import { counted, isEcho, RECEIVE_BUFFER } from "./datagram-count.mjs";
import { serving } from "./program.mjs";

const server = await udp({ host: "127.0.0.1" });
setsockopt(server.socket, SO.RCVBUF, RECEIVE_BUFFER);
serving(server.address.port);
for await (const { data, address } of server) {
  const counts = counted(data.length);
  if (counts !== undefined) await server.send(counts, address);
  else if (isEcho) await server.send(data, address);
}
