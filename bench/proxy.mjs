// npm run bench:proxy: proxies before an echo server in C: HAProxy with one thread, node:net's
// pipe(), and this package's engines. The proxy has a processor to itself; the target shares the
// load's. See docs/benchmarks.md.
import { fileURLToPath } from "node:url";
import { compare } from "./compare.mjs";
import { perRequest } from "./engine/per-request.mjs";
import { during, start } from "./engine/start.mjs";
import { median, ratio } from "./figures.mjs";
import { compiled, firstLine } from "./machine.mjs";

const path = (name) => fileURLToPath(new URL(name, import.meta.url));
const [load, target] = ["load", "epoll"].map((name) => compiled(path(`engine/${name}.c`), `engine-${name}`));
if (load === undefined || target === undefined) process.exit(1);

await compare({
  name: "proxy",
  peer: "haproxy",
  version: () => /\d+\.\d+\.\d+/.exec(firstLine("haproxy", ["-v"]))[0],
  scenarios: [
    { name: "64", title: "Proxy, 64 bytes, 64 connections", load: ["echo", 64, 64] },
    { name: "16k", title: "Proxy, 16 KiB, 64 connections", load: ["echo", 16 << 10, 64] },
    {
      name: "short",
      title: "Proxy, short connections: 64 bytes each, 64 at a time",
      load: ["connections", 64, 64],
    },
  ],
  measure,
  row,
});

/** One proxy in its own process, with its own target. */
function measure({ scenario, server: proxy, on, milliseconds }) {
  return during(start([target], on.load), async (server) => {
    const { port: targetPort } = await server.answer();
    return during(
      start([...proxy.command, `${targetPort}`], on.server, proxy.environment),
      async (between) => {
        const { port, pid } = await between.answer();
        const [mode, size, connections] = scenario.load;
        const command = [load, mode, port, pid, size, connections, milliseconds].map(String);
        return during(start(command, on.load), async ({ answer }) => perRequest(await answer()));
      },
    );
  });
}

function row({ server, samples }, haproxy) {
  return {
    proxy: server,
    "thousand/s": (median(samples, "rate") / 1000).toFixed(1),
    "p50 us": (median(samples, "p50") / 1000).toFixed(0),
    "p99 us": (median(samples, "p99") / 1000).toFixed(0),
    "CPU us": (median(samples, "cpu") / 1000).toFixed(2),
    "user us": (median(samples, "user") / 1000).toFixed(2),
    busy: `${Math.round(median(samples, "busy") * 100)} %`,
    "rate × HAProxy": ratio(samples, haproxy?.samples, "rate")?.toFixed(2) ?? "-",
    "CPU × HAProxy": ratio(samples, haproxy?.samples, "cpu")?.toFixed(2) ?? "-",
  };
}
