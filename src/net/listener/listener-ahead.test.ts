import assert from "node:assert/strict";
import { asyncApiTest } from "../../../test/engine/async-api.ts";
import { someTurns } from "../../../test/engine/engine-test.ts";
import { connect } from "../connection/connect.ts";
import { listen } from "./listen.ts";

/** Enough to double the number accepted ahead until it would be 32. */
const CLIENTS = 80;

asyncApiTest("listener: at most 16 connections are accepted ahead of a steady program", async (engine) => {
  await using listener = await listen({ host: "127.0.0.1", backlog: 128, engine });
  const clients = await Promise.all(
    Array.from({ length: CLIENTS }, () => connect({ address: listener.address, engine })),
  );
  let mostAhead = 0;
  for (let taken = 1; taken <= CLIENTS; taken++) {
    const connection = await listener.accept();
    await someTurns();
    mostAhead = Math.max(mostAhead, listener.stats.accepted - taken);
    connection.reset();
  }
  for (const client of clients) client.reset();
  await Promise.all(clients.map(({ closed }) => closed));
  assert.equal(mostAhead, 16);
});
