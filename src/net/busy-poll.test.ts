import assert from "node:assert/strict";
import { performance } from "node:perf_hooks";
import { engineTest } from "../../test/engine/engine-test.ts";
import { enginesHere } from "../../test/engine/engines-here.ts";
import { machineClock } from "../clock/machine-clock.ts";
import { connect } from "./connection/connect.ts";
import { listen } from "./listener/listen.ts";

const SECOND = 1_000_000;
const unknown = { bun: "it has no such figure", deno: "it has no such figure" };

/** The times that the loop has waited and has run, since `before`. */
const times = (before?: ReturnType<typeof performance.eventLoopUtilization>) =>
  performance.eventLoopUtilization(before);

const timer = () => new Promise<void>((resolve) => machineClock.setTimeout(resolve, 50));

for (const engine of enginesHere) {
  for (const polling of ["listen", "connect"]) {
    const what = `${polling}({ busyPoll }): the loop does not wait, timers run, and it ends with the last socket`;
    engineTest(
      engine,
      what,
      async () => {
        const options = (of: string) => ({ engine: engine.name, busyPoll: of === polling ? SECOND : 0 });
        const server = await listen(
          { host: "127.0.0.1", ...options("listen") },
          { data: (connection, bytes) => void connection.write(bytes) },
        );
        const client = await connect({ address: server.address, ...options("connect") });
        await client.write("hello");
        assert.equal(Buffer.from((await client.read()) ?? []).toString(), "hello");
        const before = times();
        await timer();
        const { idle, active } = times(before);
        await Promise.all([client.close(), server.close()]);
        assert.ok(idle < active, `it waited for ${idle} ms, and ran for ${active}`);
        const closed = times();
        do await timer();
        while (times(closed).idle === 0);
      },
      unknown,
    );
  }
}
