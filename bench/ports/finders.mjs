// Tools that find a free port, called as in their READMEs. `any` takes any port, `range` one of
// FIRST to LAST. Each returns what a program then listens on: a port from those that find one, a
// bound socket from those that hold it.
import { mkdirSync, statSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import net from "node:net";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { root, run } from "../../scripts/install-and-build.mjs";

/** The requested range, outside those from which systems choose ports. */
export const FIRST = 20_000;
export const LAST = FIRST + 99;

/** npm packages, by major version. They are not dependencies: only the benchmark needs them. */
const packages = { "get-port": 7, portfinder: 1, "detect-port": 2 };

const folder = join(root, ".cache/peers");

/** Installs missing packages; returns their versions. */
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

/** The finder with this name. */
export async function finder(name) {
  const its = await finders[name]();
  return { name, ...its };
}

/**
 * `forget()` is for those that remember what they returned: otherwise later rounds would differ
 * from the first.
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
      // It accepts only a first port, tries ten, and then takes any.
      range: async () => found(await detect(FIRST)),
    };
  },
};

export const names = Object.keys(finders);

async function load(name) {
  const require = createRequire(join(folder, "package.json"));
  // The default export of an ES module, or the exports of a CommonJS one.
  const module = await import(pathToFileURL(require.resolve(name)).href);
  return { ...module.default, ...module };
}

/** A port that we hold: node:net takes its socket. */
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

/** A port that was free when checked: a node:net server listens on it, on every address. */
function found(port) {
  const server = net.createServer();
  return {
    port,
    listen: () =>
      new Promise((resolve, reject) => server.once("error", reject).listen(port, () => resolve(undefined))),
    close: () => new Promise((resolve) => server.close(() => resolve(undefined))),
  };
}
