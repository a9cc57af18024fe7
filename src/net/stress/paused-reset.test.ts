// A connection that is paused when its peer resets it: after resume(), and not before, the program
// gets all data, and then the failure.
import assert from "node:assert/strict";
import { asyncApiTest } from "../../../test/engine/async-api.ts";
import { eventually, someTurns } from "../../../test/engine/engine-test.ts";
import { withoutResets } from "../../../test/platform.ts";
import { SO } from "../../options/so.ts";
import { close } from "../../posix/close.ts";
import { connect } from "../../posix/connect.ts";
import { send } from "../../posix/send.ts";
import { setsockopt } from "../../posix/setsockopt.ts";
import type { HandledConnection } from "../connection/handled-connection.ts";
import { listen } from "../listener/listen.ts";

const exceptions = { ...withoutResets, darwin: "a reset drops received data" };

const words = ["one ", "two"];
const rows = [
  { when: "in open()", sent: words },
  { when: "in data()", sent: words },
  { when: "between events", sent: words },
  { when: "in data()", sent: [] },
  { when: "between events", sent: [] },
] as const;

for (const { when, sent } of rows) {
  asyncApiTest(
    `pause() ${when}, ${sent.length} writes and a reset: nothing until resume(), then all, in order`,
    async (engine, fixture) => {
      const told: string[] = [];
      let accepted: HandledConnection | undefined;
      const server = await listen(
        { host: "127.0.0.1", engine },
        {
          open(connection) {
            accepted = connection;
            if (when === "in open()") connection.pause();
          },
          data(connection, bytes) {
            told.push(`${Buffer.from(bytes)}`);
            if (when === "in data()" && told.join() === "first") connection.pause();
          },
          end: () => told.push("end"),
          error: (_, error) => told.push(error instanceof Error ? error.name : "?"),
          close: () => told.push("close"),
        },
      );
      const peer = fixture.tcp();
      connect(peer, server.address);
      const connection = await eventually(() => accepted);
      if (when === "in data()") {
        send(peer, Buffer.from("first"));
        await eventually(() => told[0]);
      }
      if (when === "between events") {
        await someTurns();
        connection.pause();
      }
      const before = told.splice(0).join();
      for (const word of sent) {
        send(peer, Buffer.from(word));
        await someTurns();
      }
      setsockopt(peer, SO.LINGER, { on: true, seconds: 0 });
      close(peer);
      await someTurns();
      assert.deepEqual([before, told], [when === "in data()" ? "first" : "", []]);
      connection.resume();
      await eventually(() => told.includes("close") || undefined);
      assert.deepEqual(told.splice(-2), ["ConnectionResetByPeer", "close"]);
      assert.equal(told.join(""), sent.join(""));
      await server.close();
    },
    exceptions,
  );
}

// Whichever of a receive and a send is in flight longer takes the failure from the socket, and the
// other gets EPIPE (sk_stream_error in net/core/stream.c). A send that has sent a part loses it
// (engine/lost-error.test.ts).
for (const first of ["write()", "resume()"] as const) {
  asyncApiTest(
    `pause() with a write that waits, after ${first}, and a reset: it ends with the reset`,
    async (engine, fixture) => {
      const told: string[] = [];
      let accepted: HandledConnection | undefined;
      const server = await listen(
        { host: "127.0.0.1", engine },
        {
          open(connection) {
            accepted = connection;
            connection.pause();
          },
          data: () => told.push("data"),
          error: (_, error) => told.push(error instanceof Error ? error.name : "?"),
          close: () => told.push("close"),
        },
      );
      const peer = fixture.tcp();
      connect(peer, server.address);
      const connection = await eventually(() => accepted);
      const steps = {
        "write()": () => connection.write(Buffer.alloc(16 << 20)),
        "resume()": () => connection.resume(),
      };
      steps[first]();
      await someTurns();
      steps[first === "write()" ? "resume()" : "write()"]();
      await someTurns();
      connection.pause();
      await someTurns();
      setsockopt(peer, SO.LINGER, { on: true, seconds: 0 });
      close(peer);
      await someTurns();
      connection.resume();
      await eventually(() => told.includes("close") || undefined);
      assert.deepEqual(told, ["ConnectionResetByPeer", "close"]);
      await server.close();
    },
    exceptions,
  );
}
