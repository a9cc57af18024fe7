import assert from "node:assert/strict";
import { test } from "node:test";
import { Worker } from "node:worker_threads";
import { assertFails } from "../../test/conformance.ts";
import { openDescriptors } from "../../test/open-descriptors.ts";
import { type Exceptions, except } from "../../test/platform.ts";
import type { Ipv4Address } from "../address/address.ts";
import { close } from "./close.ts";
import { tryConnect } from "./connect.ts";
import { AF, SOCK } from "./constants.ts";
import { Socket } from "./owned-socket.ts";
import { socket } from "./socket.ts";

const exceptions: Readonly<Record<string, Exceptions>> = {
  exits: { deno: "Deno leaves a descriptor of its own open" },
  returns: { deno: "Deno leaves a descriptor of its own open, at times" },
  throws: { deno: "Deno leaves a descriptor of its own open, at times" },
  "is terminated": { deno: "Deno closes nothing of a worker that is terminated" },
};

for (const how of ["returns", "throws", "exits", "is terminated"]) {
  const here = except(exceptions[how] ?? {});
  test(
    `what a worker thread leaves open is closed when it ${how}, but for what it has detached`,
    here,
    async () => {
      const before = openDescriptors();
      const worker = new Worker(new URL("./thread-end.child.js", import.meta.url), { workerData: how });
      const left = await new Promise<{ address: Ipv4Address; detached: number }>((resolve) =>
        worker.once("message", resolve),
      );
      const ended = new Promise((resolve) => worker.once("exit", resolve));
      worker.on("error", (error) => assert.match(error.message, /^thrown on purpose/));
      if (how === "is terminated") await worker.terminate();
      else worker.postMessage("end");
      await ended;
      close(Socket.from(left.detached));
      using client = socket(AF.INET, SOCK.STREAM);
      assertFails(tryConnect(client, left.address), "ConnectionRefused");
      client[Symbol.dispose]();
      assert.deepEqual(openDescriptors(), before);
    },
  );
}
