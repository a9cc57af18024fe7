// The engine's aims, as ratios of two servers in one run: of `server` to `against`, where "own" is
// the listener of the same runtime. `least` or `most` is the bound.
const NODES = ["node20:uring", "node26:uring"];
/** Node's own servers under serve(). */
const SERVED = ["node20:uring:serve", "node26:uring:serve"];
const SERVED_ON_EPOLL = ["node20:readiness:serve", "node26:readiness:serve"];
const OTHERS = ["bun:uring", "deno:uring"];

export const aims = [
  aim(NODES, "echo-64", "rate", "c:epoll", { least: 1 }),
  aim(NODES, "echo-64", "rate", "own", { least: 1.3 }),
  aim(NODES, "echo-64", "rate", "bun:listen", { least: 1 }),
  aim(NODES, "short", "rate", "own", { least: 1.5 }),
  aim(NODES, "short", "rate", "bun:listen", { least: 1 }),
  aim(NODES, "echo-64", "user", "own", { most: 0.2 }),
  aim(NODES, "echo-1", "p50", "own", { most: 1 }),
  aim(OTHERS, "echo-1", "rate", "own", { least: 1 }),
  aim(OTHERS, "echo-64", "rate", "own", { least: 1 }),
  aim(OTHERS, "short", "rate", "own", { least: 1 }),
  aim([...NODES, ...OTHERS], "idle", "bytes", undefined, { most: 1024 }),
  aim(
    NODES.map((name) => `${name}:await`),
    "echo-16k",
    "rate",
    "own",
    { least: 1.3 },
  ),
  ...["echo-64", "echo-16k"].flatMap((scenario) =>
    NODES.flatMap((name) => aim([`${name}:lend`], scenario, "rate", name, { least: 0.9 })),
  ),
  ...["datagrams-64", "datagrams-1200", "datagrams-64-100", "datagrams-1200-100"].flatMap((scenario) => [
    aim(NODES, scenario, "rate", "own", { least: 3 }),
    aim(NODES, scenario, "rate", "c:recvmmsg", { least: 0.8 }),
  ]),
  ...["http", "http-1000", "fastify"].flatMap((scenario) => [
    aim(SERVED, scenario, "rate", "own", { least: 1.2 }),
    aim(SERVED_ON_EPOLL, scenario, "rate", "own", { least: 1 }),
    aim([...SERVED, ...SERVED_ON_EPOLL], scenario, "p99", "own", { most: 1 }),
  ]),
  ...["tls-64", "tls-16k", "handshakes"].flatMap((scenario) => [
    aim([...SERVED, ...SERVED_ON_EPOLL], scenario, "rate", "own", { least: 1 }),
    aim([...SERVED, ...SERVED_ON_EPOLL], scenario, "p99", "own", { most: 1 }),
  ]),
].flat();

/** One row for each server. Without `against`, the bound applies to the figure itself. */
function aim(servers, scenario, figure, against, bound) {
  return servers.map((server) => ({ server, scenario, figure, against, ...bound }));
}
