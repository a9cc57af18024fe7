// detach() that is aborted just as it succeeds: no unowned socket remains.
import assert from "node:assert/strict";
import { noDetach } from "../../../test/detach.ts";
import { asyncApiTest, withEnds } from "../../../test/engine/async-api.ts";
import { someTurns } from "../../../test/engine/engine-test.ts";
import { connect } from "./connect.ts";

const tcp = { host: "127.0.0.1" };
const enough = new Error("enough");

/** Each way to abort a detach() that this connection has started. */
const ways: Readonly<Record<string, (end: { reset(): void; abort(): void }) => unknown>> = {
  "reset() in the same turn": ({ reset }) => reset(),
  "an abort in the same turn": ({ abort }) => abort(),
  "an abort in a promise's turn": ({ abort }) => Promise.resolve().then(abort),
  "an abort in a tick": ({ abort }) => process.nextTick(abort),
  "an abort in an immediate": ({ abort }) => setImmediate(abort),
};

for (const [way, abandon] of Object.entries(ways)) {
  asyncApiTest(
    `detach() aborted by ${way}`,
    async (engine) => {
      await withEnds(engine, tcp, async ({ client, server }) => {
        const controller = new AbortController();
        const detached = server.detach({ signal: controller.signal });
        abandon({ reset: () => server.reset(), abort: () => controller.abort(enough) });
        const outcome = await detached.catch((error: unknown) => error);
        await server.closed;
        if (outcome instanceof Error) {
          await assert.rejects(client.read(), { code: "ECONNRESET" });
        } else {
          // The abort came too late.
          assert.equal(way, "an abort in an immediate");
          assert.ok(typeof outcome === "object" && outcome !== null && "destroy" in outcome);
          assert.ok(typeof outcome.destroy === "function");
          outcome.destroy();
        }
        await someTurns();
      });
    },
    noDetach,
  );
}

asyncApiTest(
  "detach() aborted in the handler close()",
  async (engine) => {
    await withEnds(engine, tcp, async ({ listener }) => {
      const controller = new AbortController();
      const close = () => controller.abort(enough);
      const client = await connect({ address: listener.address, engine }, { close });
      const server = await listener.accept();
      await assert.rejects(client.detach({ signal: controller.signal }), enough);
      await assert.rejects(
        async () => {
          while ((await server.read()) !== null);
          await server.write("x");
          await someTurns();
          await server.write("nobody reads it");
        },
        { syscall: /^(send|recv)$/ },
      );
      await server.close();
    });
  },
  noDetach,
);
