// Compares random sequences of calls on the kernel and on a simulated host, result by result: a
// third of them on TCP, UDP and unix sockets each. As root, on Linux 6.18:
//
//   npm run random-calls -- --count 1000000
//   npm run random-calls -- --kind tcp --first 42 --count 1     one that has failed
import { spawnSync } from "node:child_process";
import { parseArgs } from "node:util";
import { installAndBuildTests, root } from "./install-and-build.mjs";

/** How many TCP sequences can have separate ports in one namespace. */
const PER_NAMESPACE = 10_000;

const { values } = parseArgs({
  options: {
    kind: { type: "string" },
    first: { type: "string", default: "1" },
    count: { type: "string", default: "10000" },
  },
});
installAndBuildTests();
const kinds = values.kind === undefined ? ["tcp", "udp", "unix"] : [values.kind];
const each = Math.ceil(Number(values.count) / kinds.length);
const end = Number(values.first) + each;
for (const kind of kinds) {
  for (let first = Number(values.first); first < end; first += PER_NAMESPACE) {
    const count = Math.min(PER_NAMESPACE, end - first);
    const args = ["--net", process.execPath, "build/test/simulated/random-calls.child.js", kind];
    const { status } = spawnSync("unshare", [...args, `${first}`, `${count}`], {
      cwd: root,
      stdio: "inherit",
    });
    if (status !== 0) process.exit(1);
  }
  console.log(`${each} sequences of ${kind} agree`);
}
