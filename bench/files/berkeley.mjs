// Files with sendFile(). berkeley.mjs FOLDER
import { listen } from "../../dist/index.js";
import { filesOf, reports, request } from "./requests.mjs";

const file = filesOf(process.argv[2]);
const server = await listen(
  { host: "127.0.0.1", backlog: 4096 },
  {
    open: () => request(),
    data(connection, bytes) {
      const name = connection.state(bytes);
      if (name === undefined) return;
      const { header, fd, size } = file(name);
      connection.write(header);
      // The load ends with its connections open.
      connection.sendFile(fd, { length: size }).catch(() => {});
    },
  },
);
reports(server.port);
