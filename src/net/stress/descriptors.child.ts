// A server whose descriptor limit another process lowers and raises: it reports when accepting was
// delayed, and serves all in the end.

import { portOf } from "../../../test/engine/async-api.ts";
import { someTurns } from "../../../test/engine/engine-test.ts";
import { listen } from "../listener/listen.ts";

const COUNT = 30;
let putOff = false;
const server = await listen(
  {
    host: "127.0.0.1",
    engine: process.argv[2] === "uring" ? "uring" : "readiness",
    onRetry(error) {
      if (!putOff) process.send?.(error.name);
      putOff = true;
    },
  },
  {
    data: (connection, bytes) => connection.write(bytes),
    close() {
      const { accepted, dropped, retried, causes } = server.stats;
      if (accepted < COUNT || server.connections > 0) return;
      process.send?.({
        accepted,
        dropped,
        counted: retried > 0 && causes.ProcessFdQuotaExceeded === retried,
      });
      server.close();
      process.disconnect();
    },
  },
);
// An accept operation in the ring uses the limit at the time it began (io_accept_prep in
// io_uring/net.c).
process.on("message", async () => {
  server.pause().resume();
  await someTurns();
  process.send?.("began anew");
});
process.send?.(portOf(server.address));
