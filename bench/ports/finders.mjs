// Who finds a free port, and how each is asked, as its README says. `any` takes any port, `range`
// one of FIRST to LAST. Each gives what a program then listens on: a port for those that find one,
// a socket that is bound for those that hold it.
import { mkdirSync, statSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import net from "node:net";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { root, run } from "../../scripts/install-and-build.mjs";

/** The range that is asked for; of none that a system chooses ports from. */
export const FIRST = 20_000;
export const LAST = FIRST + 99;

/** Packages of npm, by major version. They are no dependencies: the benchmark alone has them. */
const packages = { "get-port": 7, portfinder: 1, "detect-port": 2 };

const folder = join(root, ".cache/peers");

/** Installs the packages that are not there yet; gives their versions. */
export function installPeers() {
  const missing = Object.keys(packages).filter((name) => manifest(name) === undefined);
  if (missing.length > 0) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "package.json"), "{}\n");
    run(
      "npm",
      ["install", "--no-save", ...Object.entries(packages).map(([name, major]) => `${name}@${major}`)],
      folder,
    );
  }
  const require = createRequire(join(folder, "package.json"));
  return Object.fromEntries(Object.keys(packages).map((name) => [name, require(manifest(name)).version]));
}

function manifest(name) {
  const path = join(folder, "node_modules", name, "package.json");
  return statSync(path, { throwIfNoEntry: false }) === undefined ? undefined : path;
}

/** The one of this name. */
export async function finder(name) {
  const its = await finders[name]();
  return { name, ...its };
}

/**
 * `forget()` is for those that remember what they gave: without it, a round would not be like the
 * first.
 */
const finders = {
  async berkeley() {
    const { reservePort } = await import(pathToFileURL(join(root, "dist/index.js")).href);
    return {
      any: async () => reserved(await reservePort()),
      range: async () => reserved(await reservePort({ port: { min: FIRST, max: LAST } })),
    };
  },
  async "get-port"() {
    const { default: getPort, clearLockedPorts, portNumbers } = await load("get-port");
    return {
      any: async () => found(await getPort()),
      range: async () => found(await getPort({ port: portNumbers(FIRST, LAST) })),
      forget: clearLockedPorts,
    };
  },
  async portfinder() {
    const { getPortPromise } = await load("portfinder");
    return {
      any: async () => found(await getPortPromise()),
      range: async () => found(await getPortPromise({ port: FIRST, stopPort: LAST })),
    };
  },
  async "detect-port"() {
    const { detect } = await load("detect-port");
    return {
      any: async () => found(await detect()),
      // It takes a first port alone, tries ten, and then takes any.
      range: async () => found(await detect(FIRST)),
    };
  },
};

export const names = Object.keys(finders);

async function load(name) {
  const require = createRequire(join(folder, "package.json"));
  // An ES module's own entry, and what a CommonJS one exports.
  const module = await import(pathToFileURL(require.resolve(name)).href);
  return { ...module.default, ...module };
}

/** A port that is ours: node:net takes its socket. */
function reserved(held) {
  const server = net.createServer();
  let isListening = false;
  return {
    port: held.port,
    listen: () =>
      new Promise((resolve, reject) => {
        isListening = true;
        server.once("error", reject).listen({ fd: held.detach() }, () => resolve(undefined));
      }),
    close: () =>
      isListening ? new Promise((resolve) => server.close(() => resolve(undefined))) : held[Symbol.dispose](),
  };
}

/**
 * A port that was free when it was looked at: a server of node:net listens on it, on every address.
 */
function found(port) {
  const server = net.createServer();
  return {
    port,
    listen: () =>
      new Promise((resolve, reject) => server.once("error", reject).listen(port, () => resolve(undefined))),
    close: () => new Promise((resolve) => server.close(() => resolve(undefined))),
  };
}
