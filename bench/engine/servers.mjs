// The servers that bench/engine.mjs compares: `echo` and `http` are the commands of each.
import { fileURLToPath } from "node:url";
import { installRuntimes, isNode } from "../../scripts/runtimes.mjs";
import { compiled, firstLine } from "../machine.mjs";

const RUNTIMES = ["node20", "node26", "bun", "deno"];

const path = (name) => fileURLToPath(new URL(name, import.meta.url));
const script = (name) => path(`servers/${name}.mjs`);

/** All of them, or undefined, having said why, where there is no C compiler. */
export function everyServer() {
  const load = compiled(path("load.c"), "engine-load");
  const epoll = compiled(path("epoll.c"), "engine-epoll");
  const uring = compiled(path("uring.c"), "engine-uring");
  if (load === undefined || epoll === undefined || uring === undefined) return undefined;
  const runtimes = installRuntimes(RUNTIMES).map((runtime) => ({
    ...runtime,
    command: [runtime.program, ...runtime.args, ...collectable(runtime)],
    version: firstLine(runtime.program, ["--version"]),
  }));
  const servers = [
    { name: "c:epoll", echo: [epoll] },
    { name: "c:uring", echo: [uring] },
    ...runtimes.map(ownListener),
  ];
  return {
    load,
    servers,
    versions: Object.fromEntries(runtimes.map(({ name, version }) => [name, version])),
  };
}

/** What a runtime has by itself. */
function ownListener({ name, command }) {
  if (!isNode({ name }))
    return { name: `${name}:listen`, runtime: name, echo: [...command, script(`${name}-listen`)] };
  return {
    name: `${name}:net`,
    runtime: name,
    echo: [...command, script("net")],
    http: [...command, script("http")],
  };
}

/** What makes a runtime able to collect garbage when it is told to; Bun is by itself. */
function collectable({ name }) {
  if (name === "bun") return [];
  return [name === "deno" ? "--v8-flags=--expose-gc" : "--expose-gc"];
}
