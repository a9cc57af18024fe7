// Files with createReadStream().pipe() on node:net. pipe.mjs FOLDER
import { createReadStream } from "node:fs";
import { createServer } from "node:net";
import { filesOf, reports, request } from "./requests.mjs";

const file = filesOf(process.argv[2]);
const server = createServer({ noDelay: true }, (socket) => {
  const take = request();
  socket.on("data", (bytes) => {
    const name = take(bytes);
    if (name === undefined) return;
    const { header, path } = file(name);
    socket.write(header);
    createReadStream(path).pipe(socket, { end: false });
  });
  // The load ends with its connections open.
  socket.on("error", () => socket.destroy());
});
server.listen({ host: "127.0.0.1", port: 0, backlog: 4096 }, () => reports(server.address().port));
