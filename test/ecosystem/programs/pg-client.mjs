import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import pg from "pg";

const { TEST_PG_PORT, TEST_PG_FOLDER, TEST_CERTIFICATE } = process.env;
const port = Number(TEST_PG_PORT);
const place = { host: "localhost", port, user: "postgres", database: "postgres" };

for (const [how, options] of Object.entries({
  tcp: place,
  tls: { ...place, ssl: { ca: readFileSync(TEST_CERTIFICATE), servername: "localhost" } },
  // The first address of the name swallows every packet.
  twoAddresses: { ...place, host: "two.test" },
  unix: { ...place, host: TEST_PG_FOLDER },
})) {
  const client = new pg.Client(options);
  await client.connect();
  const { rows } = await client.query("select $1::int + 1 as sum", [41]);
  assert.deepEqual(rows, [{ sum: 42 }], how);
  const large = await client.query("select repeat('x', 3000000) as text");
  assert.equal(large.rows[0].text.length, 3_000_000);
  await assert.rejects(client.query("select 1/0"), { code: "22012" });

  const listening = new pg.Client(options);
  await listening.connect();
  await listening.query("listen news");
  const notified = once(listening, "notification");
  await client.query("notify news, 'hello'");
  assert.equal((await notified)[0].payload, "hello");
  await listening.end();
  await client.end();
}

const pool = new pg.Pool({ ...place, max: 5 });
const sums = await Promise.all(
  Array.from({ length: 50 }, (_, index) => pool.query("select $1::int as n, pg_sleep(0.01)", [index])),
);
assert.deepEqual(
  sums.map(({ rows }) => rows[0].n),
  Array.from({ length: 50 }, (_, index) => index),
);
await pool.end();

const nobody = new pg.Client({ ...place, port: 1 });
await assert.rejects(nobody.connect(), { code: "ECONNREFUSED" });
console.log("done");
