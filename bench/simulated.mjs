// Measures the simulated network on one processor, and prints medians:
//
//   taskset -c 1 npm run bench:simulated
//   taskset -c 1 npm run bench:simulated -- --rounds 5
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { installAndBuild } from "../scripts/install-and-build.mjs";

const MIB = 2 ** 20;
/** Enough to make compilation negligible. */
const BULK = 512 * MIB;
const now = performance.now.bind(performance);
const memory = process.memoryUsage;
const cpuUsage = process.cpuUsage.bind(process);

const { values } = parseArgs({
  options: { rounds: { type: "string", default: "3" }, only: { type: "string" } },
});

/**
 * Starts measuring. Returns a function that returns the seconds since then, by the clock and as CPU
 * time of all threads.
 */
function stopwatch() {
  const began = now();
  const used = cpuUsage();
  return () => {
    const { user, system } = cpuUsage(used);
    return { seconds: (now() - began) / 1_000, cpu: (user + system) / 1e6 };
  };
}

/** A server that discards, and a client beside it. */
async function hosts(network, latency) {
  const server = network.host("server", { sysctls: { "net.ipv4.tcp_keepalive_time": 60 } });
  const client = network.host("client", { sysctls: { "net.ipv4.tcp_keepalive_time": 60 } });
  network.link(server, client, { latency });
  return { server, client };
}

const listening = (server, options) => server.listen({ port: 80, backlog: 65_535, options }, { data() {} });

async function connections(client, count, options) {
  const open = [];
  for (let made = 0; made < count; made += 100)
    open.push(
      ...(await Promise.all(
        Array.from({ length: 100 }, () => client.connect({ host: "server", port: 80, options })),
      )),
    );
  return open;
}

const scenarios = {
  async bulk(simulate) {
    return simulate({ seed: 1 }, async (network) => {
      const { server, client } = await hosts(network, "1ms");
      let received = 0;
      let ended;
      const end = new Promise((resolve) => {
        ended = resolve;
      });
      await server.listen(
        { port: 80 },
        {
          data(_, bytes) {
            received += bytes.length;
            if (received === BULK) ended();
          },
        },
      );
      const [connection] = await Promise.all([client.connect({ host: "server", port: 80 })]);
      const chunk = new Uint8Array(65_536);
      const stop = stopwatch();
      for (let sent = 0; sent < BULK; sent += chunk.length) await connection.write(chunk);
      await end;
      const { seconds, cpu } = stop();
      const segments = [server, client]
        .map(({ kernel }) => kernel.counters.get("Tcp.InSegs"))
        .reduce((one, other) => one + other);
      return {
        "segments/s": segments / seconds,
        "segments per CPU second": segments / cpu,
        "MiB/s": BULK / MIB / seconds,
      };
    });
  },
  async idle(simulate, { SO }) {
    return simulate({ seed: 1 }, async (network) => {
      const { server, client } = await hosts(network, "1ms");
      const options = [[SO.KEEPALIVE, true]];
      await listening(server, options);
      await connections(client, 1_000, options);
      const { length } = network.trace;
      const stop = stopwatch();
      await network.advance("3600s");
      const { seconds, cpu } = stop();
      return {
        "s for an hour": seconds,
        "CPU seconds for an hour": cpu,
        records: network.trace.length - length,
      };
    });
  },
  async connects(simulate) {
    return simulate({ seed: 1 }, async (network) => {
      const { server, client } = await hosts(network, "1ms");
      await listening(server);
      await connections(client, 100);
      globalThis.gc();
      const before = memory();
      const stop = stopwatch();
      const open = await connections(client, 10_000);
      const { seconds, cpu } = stop();
      globalThis.gc();
      const after = memory();
      const bytes = after.heapUsed + after.arrayBuffers - before.heapUsed - before.arrayBuffers;
      return {
        "s for 10 000": seconds,
        "CPU seconds for 10 000": cpu,
        "bytes/connection": bytes / open.length,
      };
    });
  },
};

if (process.env.SCENARIO !== undefined) {
  const { simulate } = await import("../dist/simulated/index.js");
  const { SO } = await import("../dist/posix/index.js");
  console.log(JSON.stringify(await scenarios[process.env.SCENARIO](simulate, { SO })));
} else {
  installAndBuild();
  const median = (numbers) => numbers.sort((one, other) => one - other)[numbers.length >> 1];
  for (const name of Object.keys(scenarios)) {
    if (values.only !== undefined && values.only !== name) continue;
    const results = Array.from({ length: Number(values.rounds) }, () => {
      const { stdout, stderr } = spawnSync(
        process.execPath,
        ["--expose-gc", fileURLToPath(import.meta.url)],
        { encoding: "utf8", env: { ...process.env, SCENARIO: name } },
      );
      if (stdout === "") throw new Error(stderr);
      return JSON.parse(stdout);
    });
    for (const figure of Object.keys(results[0]))
      console.log(`${name}: ${median(results.map((result) => result[figure])).toFixed(2)} ${figure}`);
  }
}
