// A connection's Duplex in programs that write and destroy immediately, as node:http and WebSocket
// servers do, or let the peer end first, as a Redis client does.
import assert from "node:assert/strict";
import { once } from "node:events";
import http from "node:http";
import net from "node:net";
import type { Duplex } from "node:stream";
import { asyncApiTest, portOf, withEnds } from "../../../test/engine/async-api.ts";
import { exceptionHere } from "../../../test/platform.ts";
import type { EngineName } from "../../engine/engine.ts";
import { listen } from "../listener/listen.ts";

/** Runs with the port of a listener that passes every connection to node:http as a Duplex. */
async function withHttp(
  engine: EngineName,
  web: http.Server,
  run: (port: number) => Promise<void>,
): Promise<void> {
  const listener = await listen({ host: "127.0.0.1", engine });
  const accepting = (async () => {
    for await (const connection of listener) web.emit("connection", connection.toDuplex());
  })();
  try {
    await run(portOf(listener.address));
  } finally {
    await listener.close({ drain: 0 });
    await accepting;
    web.close();
  }
}

/** Sends bytes with a node:net client, and returns the response and how it ended. */
function answerTo(port: number, bytes: string): Promise<{ text: string; ended: boolean; error: unknown }> {
  return new Promise((resolve) => {
    const result = { text: "", ended: false, error: undefined as unknown };
    const client = net.connect(port, "127.0.0.1", () => client.write(bytes));
    client.setEncoding("latin1");
    client.on("data", (text) => {
      result.text += text;
    });
    client.on("end", () => {
      result.ended = true;
    });
    client.on("error", (error) => {
      result.error = error;
    });
    client.on("close", () => resolve(result));
  });
}

const whole = (text: string) => ({ text, ended: true, error: undefined });

const refusals = [
  { what: "400 for a malformed request", request: "NONSENSE\r\n\r\n", status: "400 Bad Request" },
  {
    what: "400 for a malformed request after the first lines of a good one",
    request: "GET / HTTP/1.1\r\nHost: x\r\nNo colon here\r\n\r\n",
    status: "400 Bad Request",
  },
  {
    what: "431 for a header that is too long",
    request: `GET / HTTP/1.1\r\nHost: x\r\nLong: ${"x".repeat(20_000)}\r\n\r\n`,
    status: "431 Request Header Fields Too Large",
  },
  {
    what: "431 for a header of 60,000 bytes",
    request: `GET / HTTP/1.1\r\nHost: x\r\nLong: ${"x".repeat(60_000)}\r\n\r\n`,
    status: "431 Request Header Fields Too Large",
  },
];

for (const { what, request, status } of refusals) {
  asyncApiTest(`duplex: node:http responds with ${what}, and the client reads all of it`, async (engine) => {
    const web = http.createServer(() => assert.fail("the request is incomplete"));
    await withHttp(engine, web, async (port) => {
      const answer = await answerTo(port, request);
      assert.deepEqual(answer, whole(`HTTP/1.1 ${status}\r\nConnection: close\r\n\r\n`));
    });
  });
}

asyncApiTest("duplex: a response in clientError, then destroy()", async (engine) => {
  const web = http.createServer(() => assert.fail("the request is incomplete"));
  const text = `HTTP/1.1 400 Bad Request\r\n\r\n${"sorry ".repeat(5000)}`;
  web.on("clientError", (_, socket) => {
    socket.write(text);
    socket.destroy();
  });
  await withHttp(engine, web, async (port) => {
    assert.deepEqual(await answerTo(port, "NONSENSE\r\n\r\n"), whole(text));
  });
});

const upgrade = "GET /chat HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";

/** How WebSocket servers refuse: ws's example of authentication, and ws's own abortHandshake(). */
const upgradeRefusals: readonly { what: string; refuse: (socket: Duplex, text: string) => void }[] = [
  {
    what: "write() and destroy()",
    refuse: (socket, text) => {
      socket.write(text);
      socket.destroy();
    },
  },
  {
    what: "end() once finish has been emitted",
    refuse: (socket, text) => {
      socket.once("finish", () => socket.destroy());
      socket.end(text);
    },
  },
];

for (const { what, refuse } of upgradeRefusals) {
  asyncApiTest(`duplex: a WebSocket server refuses an upgrade by ${what}`, async (engine) => {
    const text = "HTTP/1.1 401 Unauthorized\r\n\r\n";
    const web = http.createServer(() => assert.fail("it is an upgrade"));
    web.on("upgrade", (_, socket) => refuse(socket, text));
    await withHttp(engine, web, async (port) => {
      assert.deepEqual(await answerTo(port, upgrade), whole(text));
    });
  });
}

asyncApiTest("duplex: an accepted upgrade carries data both ways, and the client ends it", async (engine) => {
  const web = http.createServer(() => assert.fail("it is an upgrade"));
  web.on("upgrade", (_, socket) => {
    socket.write("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
    socket.pipe(socket);
  });
  await withHttp(engine, web, async (port) => {
    const headers = { Connection: "Upgrade", Upgrade: "websocket" };
    const request = http.get({ host: "127.0.0.1", port, headers, agent: false });
    const [response, socket, head] = await once(request, "upgrade");
    assert.equal(response.statusCode, 101);
    const pieces: Buffer[] = [head];
    socket.on("data", (piece: Buffer) => pieces.push(piece));
    socket.end("some frames");
    await once(socket, "close");
    assert.equal(Buffer.concat(pieces).toString(), "some frames");
  });
});

const ownConnections = {
  deno:
    "Deno's node:http ends a connection that it did not accept itself after the response, " +
    "including those of net.Socket (2.9)",
};

for (const framing of ["Content-Length", "chunks"] as const) {
  asyncApiTest(
    `duplex: an Agent keeps a connection for requests with bodies by ${framing}`,
    async (engine) => {
      const web = http.createServer((request, response) => {
        let length = 0;
        request.on("data", (piece: Buffer) => {
          length += piece.length;
        });
        request.on("end", () => response.end(`${request.method} ${request.url} ${length}`));
      });
      await withHttp(engine, web, async (port) => {
        const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
        const ports = new Set<unknown>();
        const ask = async (path: string, length: number) => {
          const request = http.request({ host: "127.0.0.1", port, path, method: "POST", agent });
          if (framing === "chunks") request.write("x".repeat(length));
          request.end(framing === "chunks" ? undefined : "x".repeat(length));
          const [response] = await once(request, "response");
          ports.add(response.socket.localPort);
          let text = "";
          for await (const piece of response) text += piece;
          assert.equal(text, `POST ${path} ${length}`);
        };
        // One after the other, then several at once, which wait for the connection.
        for (const length of [1, 100, 300_000]) await ask(`/${length}`, length);
        await Promise.all([2, 200, 200_000].map((length) => ask(`/${length}`, length)));
        if (exceptionHere(ownConnections) === undefined) assert.equal(ports.size, 1);
        agent.destroy();
      });
    },
  );
}

asyncApiTest("duplex: quit() of a Redis client: the peer ends first, then we do", (engine) =>
  withEnds(engine, { host: "127.0.0.1" }, async ({ client, server }) => {
    const duplex = client.toDuplex();
    const told: string[] = [];
    for (const event of ["end", "finish", "close"]) duplex.on(event, () => told.push(event));
    let reply = "";
    duplex.on("data", (bytes: Buffer) => {
      reply += bytes;
    });
    duplex.write("QUIT\r\n");
    assert.equal(Buffer.from((await server.read()) ?? []).toString(), "QUIT\r\n");
    await server.end("+OK\r\n");
    // Our side ends by itself, so the server reads the end.
    assert.equal(await server.read(), null);
    await Promise.all([client.closed, server.closed]);
    if (!told.includes("close")) await once(duplex, "close");
    assert.deepEqual({ reply, told }, { reply: "+OK\r\n", told: ["end", "finish", "close"] });
    assert.ok(duplex.destroyed && !duplex.allowHalfOpen);
  }),
);

asyncApiTest("duplex: with half-open allowed, the response to the peer's end is sent", (engine) =>
  withEnds(engine, { host: "127.0.0.1" }, async ({ client, server }) => {
    const duplex = server.toDuplex({ allowHalfOpen: true });
    duplex.resume().once("end", () => setImmediate(() => duplex.end("the answer")));
    await client.end("the question");
    const pieces: Uint8Array[] = [];
    for await (const piece of client) pieces.push(piece);
    assert.equal(Buffer.concat(pieces).toString(), "the answer");
  }),
);
