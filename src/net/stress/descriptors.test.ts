// A process that runs out of descriptors because its limit is lowered, and gets them back because
// it is raised: nothing else signals that.

import assert from "node:assert/strict";
import { fork, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { asyncApiTest } from "../../../test/engine/async-api.ts";
import { noDescriptorLimit } from "../../../test/winsock-exceptions.ts";
import { connect } from "../connection/connect.ts";

const program = fileURLToPath(new URL("./descriptors.child.js", import.meta.url));

asyncApiTest(
  "descriptors: the limit is lowered, then raised again (prlimit)",
  async (engine, fixture) => {
    const child = fork(program, [engine]);
    const closed = once(child, "close");
    try {
      const [port] = await once(child, "message");
      const limit = (count: number) => {
        const set = spawnSync("prlimit", ["--pid", `${child.pid}`, `--nofile=${count}:`], {
          encoding: "utf8",
        });
        return set.status === 0 ? undefined : `cannot run prlimit: ${set.error?.message ?? set.stderr}`;
      };
      // So low that five are free.
      const open = readdirSync(`/proc/${child.pid}/fd`).map(Number);
      let lowest = 0;
      for (let free = 0; free < 5; lowest++) if (!open.includes(lowest)) free++;
      const refused = limit(lowest);
      if (refused !== undefined) {
        fixture.skip(refused);
        return;
      }
      child.send("begin anew");
      await once(child, "message");
      // It arrives as soon as descriptors have run out, possibly before the last client is
      // connected.
      const putOff = once(child, "message");
      const clients = await Promise.all(
        Array.from({ length: 30 }, () => connect({ host: "127.0.0.1", port, engine })),
      );
      const echoes = clients.map(async (client) => {
        await client.write("x");
        return client.read();
      });
      const [name] = await putOff;
      assert.equal(name, "ProcessFdQuotaExceeded");
      assert.equal(limit(1000), undefined);
      for (const echo of await Promise.all(echoes)) assert.equal(echo?.length, 1);
      const result = once(child, "message");
      for (const client of clients) client.reset();
      await Promise.all(clients.map((client) => client.closed));
      assert.deepEqual(await result, [{ accepted: 30, dropped: 0, counted: true }, undefined]);
      assert.deepEqual(await closed, [0, null]);
    } finally {
      child.kill();
      await closed;
    }
  },
  noDescriptorLimit,
);
