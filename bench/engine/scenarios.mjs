// The scenarios of bench/engine.mjs, one server at a time: each returns a sample of a server in its
// own process.
import { http } from "./http.mjs";
import { resident } from "./memory.mjs";
import { perRequest } from "./per-request.mjs";
import { during, serving, start } from "./start.mjs";

const IDLE = 10_000;

/** `needs` is the command that a server must have to take part. */
export const scenarios = [
  { name: "echo-1", title: "Echo, 64 bytes, 1 connection", needs: "echo", sample: loaded("echo", 64, 1) },
  { name: "echo-64", title: "Echo, 64 bytes, 64 connections", needs: "echo", sample: loaded("echo", 64, 64) },
  {
    name: "echo-1000",
    title: "Echo, 64 bytes, 1 000 connections",
    needs: "echo",
    sample: loaded("echo", 64, 1000),
  },
  {
    name: "echo-16k",
    title: "Echo, 16 KiB, 64 connections",
    needs: "echo",
    sample: loaded("echo", 16 << 10, 64),
  },
  {
    name: "short",
    title: "Short connections: one message of 64 bytes each, 64 at a time",
    needs: "echo",
    sample: loaded("connections", 64, 64),
  },
  {
    name: "worker",
    title: "Echo, 64 bytes, 64 connections, one thread; server and load on both processors",
    needs: "one",
    sample: onBoth(loaded("echo", 64, 64, "one")),
  },
  {
    name: "workers",
    title: "The same with two threads, which share a port",
    needs: "two",
    sample: onBoth(loaded("echo", 64, 64, "two")),
  },
  ...[1, 100].flatMap((peers) => [64, 1200].map((size) => datagrams("receive", size, peers))),
  datagrams("single", 64, 1),
  ...[1, 100].flatMap((peers) => [64, 1200].map((size) => datagrams("echo", size, peers))),
  { name: "idle", title: `Memory of ${IDLE / 1000} 000 idle connections`, needs: "echo", sample: idle },
  { name: "http", title: "HTTP/1.1, hello, 64 connections", needs: "http", sample: http("http", 64) },
  {
    name: "http-1000",
    title: "HTTP/1.1, hello, 1 000 connections",
    needs: "http",
    sample: http("http", 1000),
  },
  { name: "fastify", title: "Fastify, hello, 64 connections", needs: "fastify", sample: http("fastify", 64) },
  {
    name: "tls-64",
    title: "TLS echo, 64 bytes, 64 connections",
    needs: "tls",
    sample: loaded("echo", 64, 64, "tls"),
  },
  {
    name: "tls-16k",
    title: "TLS echo, 16 KiB, 64 connections",
    needs: "tls",
    sample: loaded("echo", 16 << 10, 64, "tls"),
  },
  {
    name: "handshakes",
    title: "TLS handshakes: one message of 64 bytes each, 64 at a time",
    needs: "tls",
    sample: loaded("connections", 64, 64, "tls"),
  },
];

/** The same with the server and the load on all of their processors. */
function onBoth(sample) {
  return ({ on, ...rest }) => {
    const all = [...new Set([on.load, on.server])].join();
    return sample({ ...rest, on: { server: all, load: all } });
  };
}

/** One of the modes of datagram-load.c. */
function datagrams(mode, size, peers) {
  const { name, what } = {
    receive: { name: "datagrams", what: "received, sent in bursts" },
    single: { name: "datagrams-single", what: "received, each sent alone" },
    echo: { name: "datagrams-echo", what: "sent back" },
  }[mode];
  const args = [mode === "echo" ? "echo" : "receive"];
  return {
    name: [name, size, ...(peers === 1 ? [] : [peers])].join("-"),
    title: `Datagrams of ${size} bytes ${what}; ${peers === 1 ? "one peer" : `${peers} peers`}`,
    needs: "datagrams",
    sample({ server, load, milliseconds, on }) {
      const measure = ({ port, pid }) => {
        const command = [load.datagrams, mode, port, pid, size, peers, milliseconds].map(String);
        return during(start(command, on.load), async ({ answer }) => perRequest(await answer()));
      };
      return serving(server, "datagrams", on.server, measure, args);
    },
  };
}

/** One of the modes of load.c. */
function loaded(mode, size, connections, program = "echo") {
  return ({ server, load, milliseconds, on }) =>
    serving(server, program, on.server, ({ port, pid }) =>
      during(
        start(
          [program === "tls" ? load.tls : load.plain, mode, port, pid, size, connections, milliseconds].map(
            String,
          ),
          on.load,
        ),
        async ({ answer }) => perRequest(await answer()),
      ),
    );
}

/**
 * The growth of the server's process per connection, after garbage collection. The kernel's own
 * memory is not included.
 */
function idle({ server, load, on }) {
  return serving(server, "echo", on.server, async ({ pid, port, tell, answer }) => {
    const settle = async () => {
      if (server.runtime === undefined) return;
      tell("collect");
      await answer();
    };
    const warmUp = start([load.plain, "echo", port, pid, 64, 64, 300].map(String), on.load);
    await during(warmUp, (clients) => clients.answer());
    await settle();
    const before = resident(pid);
    return await during(
      start([load.plain, "idle", port, pid, 64, IDLE].map(String), on.load),
      async (clients) => {
        await clients.answer();
        await settle();
        return { bytes: Math.round((resident(pid) - before) / IDLE) };
      },
    );
  });
}
