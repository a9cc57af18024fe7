import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { asyncApiTest, transports } from "../../../test/engine/async-api.ts";
import { eventually, someTurns } from "../../../test/engine/engine-test.ts";
import { duplicate, noDuplicates, sharedListener } from "../../../test/engine/shared-socket.ts";
import type { EngineName } from "../../engine/engine.ts";
import { close } from "../../posix/close.ts";
import { connect } from "../../posix/connect.ts";
import { MSG, SOCK } from "../../posix/constants.ts";
import { getsockname } from "../../posix/getsockname.ts";
import type { Socket } from "../../posix/owned-socket.ts";
import { tryRecv } from "../../posix/recv.ts";
import type { ConnectionHandlers } from "../connection/handlers.ts";
import { listen } from "./listen.ts";
import type { Listener } from "./listener.ts";

const program = fileURLToPath(new URL("./shared-socket.child.js", import.meta.url));

/** Runs with another process that serves the socket. */
async function withTheOther(socket: Socket, engine: EngineName, run: () => Promise<void>): Promise<void> {
  const child = spawn(process.execPath, [program, engine], { stdio: ["pipe", "pipe", "inherit", socket.fd] });
  const ended = once(child, "close");
  assert.ok(child.stdout !== null && child.stdin !== null);
  await once(child.stdout, "data");
  await run();
  child.stdin.end();
  assert.deepEqual(await ended, [0, null]);
}

/** The response to a client, which then leaves. */
async function answer(client: Socket): Promise<string> {
  const buffer = new Uint8Array(64);
  const length = await eventually(() => {
    const received = tryRecv(client, buffer, MSG.DONTWAIT);
    return received.ok ? received.value : undefined;
  });
  close(client);
  return Buffer.from(buffer.subarray(0, length)).toString();
}

const ROUNDS = 100;

for (const transport of transports) {
  asyncApiTest(
    `a ${transport} socket of two processes: pause() as a connection arrives leaves it to the other`,
    async (engine, fixture) => {
      const shared = sharedListener(fixture, transport);
      const address = getsockname(shared);
      const client = () => {
        const made = fixture.socket(shared.domain, SOCK.STREAM);
        connect(made, address);
        return made;
      };
      const handlers: ConnectionHandlers = { open: (connection) => connection.end("this one") };
      await withTheOther(shared, engine, async () => {
        const server = await listen({ socket: duplicate(shared), engine }, handlers);
        let left = 0;
        for (let round = 0; round < ROUNDS; round++) {
          await someTurns();
          await answer(client());
          const second = client();
          server.pause();
          if ((await answer(second)) === "the other") left += 1;
          server.resume();
        }
        assert.ok(left > 0);
        await server.close();
      });
    },
    noDuplicates,
  );
}

/**
 * Ways for a listener with a waiting accept() to stop when a connection has arrived, for which no
 * other waiter will be woken.
 */
const ways: Readonly<Record<string, (listener: Listener, controllers: Controllers) => void>> = {
  "the signal of accept()": (_, { accept }) => accept.abort(),
  "the signal of listen()": (_, { listen }) => listen.abort(),
  "close()": (listener) => void listener.close(),
  "pause()": (listener) => listener.pause(),
};

interface Controllers {
  readonly accept: AbortController;
  readonly listen: AbortController;
}

for (const [way, leave] of Object.entries(ways)) {
  asyncApiTest(
    `a socket of two listeners: ${way} leaves a connection to the other`,
    async (engine, fixture) => {
      const socket = sharedListener(fixture, "tcp");
      const controllers: Controllers = { accept: new AbortController(), listen: new AbortController() };
      const leaves = await listen({ socket: duplicate(socket), engine, signal: controllers.listen.signal });
      const stays = await listen({ socket: duplicate(socket), engine });
      const refused = assert.rejects(leaves.accept({ signal: controllers.accept.signal }));
      await someTurns();
      const accepted = stays.accept();
      await someTurns();
      connect(fixture.tcp(), getsockname(socket));
      leave(leaves, controllers);
      await (await accepted).close();
      assert.equal(leaves.stats.accepted, 0);
      await Promise.all([leaves.close(), refused, stays.close()]);
    },
    noDuplicates,
  );
}

asyncApiTest(
  "a socket of two listeners: an aborted accept(), or leaving a loop, takes no connection from the other",
  async (engine, fixture) => {
    const socket = sharedListener(fixture, "tcp");
    const address = getsockname(socket);
    const leaves = await listen({ socket: duplicate(socket), engine });
    const stays = await listen({ socket: duplicate(socket), engine });
    for (let count = 0; count < 3; count++) connect(fixture.tcp(), address);
    let count = 0;
    for await (const connection of leaves) {
      await connection.close();
      if (++count === 3) break;
    }
    for (const another of ["left", "given up"]) {
      if (another === "given up")
        await assert.rejects(leaves.accept({ timeout: 1 }), { name: "TimeoutError" });
      connect(fixture.tcp(), address);
      await (await stays.accept()).close();
    }
    assert.equal(leaves.stats.accepted, 3);
    await Promise.all([leaves.close(), stays.close()]);
  },
  noDuplicates,
);
