// The servers that bench/engine.mjs compares: `echo`, `http`, `fastify` and `tls` are the commands
// of each, `one` and `two` those of that many threads that share a port, and `datagrams` one for
// datagrams. `own` names the listener of the same runtime, with which this package's servers are
// compared.
import { fileURLToPath } from "node:url";
import { installRuntimes, isNode } from "../../scripts/runtimes.mjs";
import { compiled, firstLine } from "../machine.mjs";

const RUNTIMES = ["node20", "node26", "bun", "deno"];
const ENGINES = ["uring", "readiness"];

const path = (name) => fileURLToPath(new URL(name, import.meta.url));
const script = (name) => path(`servers/${name}.mjs`);

/** All of them; or undefined, after printing the reason, if there is no C compiler. */
export function everyServer() {
  const plain = compiled(path("load.c"), "engine-load");
  const datagramLoad = compiled(path("datagram-load.c"), "engine-datagram-load");
  const datagrams = compiled(path("datagrams.c"), "engine-datagrams");
  const tls = compiled(path("load.c"), "engine-load-tls", ["-DTLS", "-lssl", "-lcrypto"]);
  const epoll = compiled(path("epoll.c"), "engine-epoll");
  const uring = compiled(path("uring.c"), "engine-uring");
  if ([plain, datagramLoad, datagrams, epoll, uring].includes(undefined)) return undefined;
  const runtimes = installRuntimes(RUNTIMES).map((runtime) => ({
    ...runtime,
    command: [runtime.program, ...runtime.args, ...collectable(runtime)],
    version: versionOf(runtime),
  }));
  const servers = [
    { name: "c:epoll", echo: [epoll], one: [epoll, "1"], two: [epoll, "2"] },
    { name: "c:recvmmsg", datagrams: [datagrams] },
    { name: "c:gro", datagrams: [datagrams, "gro"] },
    { name: "c:uring", echo: [uring] },
    ...runtimes.map(ownListener),
    ...runtimes.flatMap((runtime) => ENGINES.flatMap((engine) => ours(runtime, engine))),
  ];
  return {
    /** `tls` is undefined where OpenSSL's headers are not installed. */
    load: { plain, tls, datagrams: datagramLoad },
    servers: tls === undefined ? servers.map((server) => ({ ...server, tls: undefined })) : servers,
    versions: Object.fromEntries(runtimes.map(({ name, version }) => [name, version])),
  };
}

/** The servers of a list with one of these names, or else with one as part of theirs. */
export function chosen(list, names) {
  const parts = names.split(",");
  const whole = (part) => list.some(({ name }) => name === part);
  return list.filter(({ name }) => parts.some((part) => (whole(part) ? name === part : name.includes(part))));
}

/** A runtime's own server. */
function ownListener({ name, command }) {
  const run = (program) => [...command, script(program)];
  if (name === "bun")
    return {
      name: "bun:listen",
      runtime: name,
      echo: run("bun-listen"),
      http: run("bun-http"),
      datagrams: run("bun-udp"),
    };
  if (!isNode({ name })) return { name: `${name}:listen`, runtime: name, echo: run(`${name}-listen`) };
  return {
    name: `${name}:net`,
    runtime: name,
    echo: run("net"),
    http: run("http"),
    fastify: run("fastify"),
    tls: run("tls"),
    datagrams: run("dgram"),
  };
}

/**
 * This package on a runtime, with handlers, and with `for await` over copies, over lent views and
 * into a buffer of the program's; on Node also `toDuplex()`, serve() and the preload for Node's own
 * servers.
 */
function ours(runtime, engine) {
  const { name, command } = runtime;
  const shared = {
    runtime: name,
    own: isNode(runtime) ? `${name}:net` : `${name}:listen`,
    environment: { BERKELEY_ENGINE: engine },
  };
  const run = (program, ...options) => [...command, ...options, script(program)];
  const preload = ["--require", fileURLToPath(new URL("../../dist/node/register.cjs", import.meta.url))];
  const own = [
    { ...shared, name: `${name}:${engine}`, echo: run("berkeley-handlers"), datagrams: run("berkeley-udp") },
    {
      ...shared,
      name: `${name}:${engine}:await`,
      echo: run("berkeley-await"),
      datagrams: run("berkeley-udp-await"),
    },
    { ...shared, name: `${name}:${engine}:lend`, echo: run("berkeley-lend") },
    { ...shared, name: `${name}:${engine}:into`, echo: run("berkeley-into") },
    {
      ...shared,
      name: `${name}:${engine}:busy`,
      echo: run("berkeley-handlers"),
      environment: { ...shared.environment, BUSY_POLL: "100" },
    },
  ];
  if (!isNode(runtime)) return own;
  const [handlers, ...others] = own;
  return [
    { ...handlers, one: [...run("berkeley-workers"), "1"], two: [...run("berkeley-workers"), "2"] },
    ...others,
    { ...shared, name: `${name}:${engine}:duplex`, http: run("berkeley-http") },
    {
      ...shared,
      name: `${name}:${engine}:serve`,
      http: run("serve-http"),
      fastify: run("serve-fastify"),
      tls: run("serve-tls"),
    },
    {
      ...shared,
      name: `${name}:${engine}:register`,
      http: run("http", ...preload),
      fastify: run("fastify", ...preload),
      tls: run("tls", ...preload),
    },
  ];
}

const versionOf = ({ program }) => /\d+\.\d+\.\d+/.exec(firstLine(program, ["--version"]))[0];

/** Options that let a runtime collect garbage on request; Bun needs none. */
function collectable({ name }) {
  if (name === "bun") return [];
  return [name === "deno" ? "--v8-flags=--expose-gc" : "--expose-gc"];
}
