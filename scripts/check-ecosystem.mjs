// npm run check:ecosystem runs servers, frameworks, drivers and clients as people install them on
// berkeley, unchanged: test/ecosystem/ under `--import berkeley/register`.
//
//   npm run check:ecosystem -- --node 20 --engine readiness --stock pg
//
// --stock runs them on Node alone, which shows that the tests are right. Each run has network
// and mount namespaces of its own, in which the name two.test has an address that swallows every
// packet before one that answers.
import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { installAndBuildTests, root, run } from "./install-and-build.mjs";
import { installRuntimes } from "./runtimes.mjs";
import { ecosystemTests } from "./test-files.mjs";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    node: { type: "string", multiple: true, default: ["20", "26"] },
    engine: { type: "string", multiple: true, default: ["uring", "readiness"] },
    stock: { type: "boolean", default: false },
  },
});

installAndBuildTests();
const folder = installPrograms();
const files = ecosystemTests().filter(
  (file) => positionals.length === 0 || positionals.some((word) => file.includes(word)),
);
for (const { name, program } of installRuntimes(values.node.map((version) => `node${version}`)))
  for (const engine of values.stock ? [undefined] : values.engine) {
    console.log(`# ${name} ${engine === undefined ? "without berkeley" : `on berkeley, ${engine}`}`);
    const preload = engine === undefined ? "" : "--import berkeley/register --import ./witness.mjs";
    const { status } = spawnSync(
      "unshare",
      [
        "--net",
        "--mount",
        "sh",
        "-ec",
        `${surroundings(folder)}exec "$@"`,
        "sh",
        process.execPath,
        "--test",
        "--test-reporter=spec",
        ...files,
      ],
      {
        cwd: root,
        stdio: ["ignore", "inherit", "inherit"],
        env: {
          ...process.env,
          ECOSYSTEM_FOLDER: folder,
          ECOSYSTEM_NODE: program,
          ECOSYSTEM_PRELOAD: preload,
          ...(engine === undefined ? {} : { BERKELEY_ENGINE: engine }),
        },
      },
    );
    if (status !== 0) process.exitCode = 1;
  }

/**
 * Shell commands that prepare the namespaces. A packet to 2001:db8::1 goes to an unused link
 * address. Without the IPv4 address, getaddrinfo() would return no IPv4 addresses (AI_ADDRCONFIG).
 */
function surroundings(folder) {
  const hosts = join(folder, "hosts");
  writeFileSync(hosts, "127.0.0.1 localhost\n::1 localhost\n2001:db8::1 two.test\n127.0.0.1 two.test\n");
  return `ip link set lo up
    ip link add near type veth peer name far
    ip link set near up
    ip link set far up
    ip -6 address add 2001:db8::2/64 dev near nodad
    ip address add 192.0.2.2/24 dev near
    ip neighbour add 2001:db8::1 lladdr 02:00:00:00:00:01 dev near
    mount --bind '${hosts}' /etc/hosts
    `;
}

/** The programs and their packages, with the packed package, in their own folder. */
function installPrograms() {
  const from = join(root, "test/ecosystem/programs");
  const to = join(root, ".cache/ecosystem");
  mkdirSync(to, { recursive: true });
  const lock = readFileSync(join(from, "package-lock.json"), "utf8");
  const kept = join(to, "installed.json");
  if (!existsSync(kept) || readFileSync(kept, "utf8") !== lock) {
    for (const name of ["package.json", "package-lock.json"]) copyFileSync(join(from, name), join(to, name));
    run("npm", ["ci"], to);
    writeFileSync(kept, lock);
  }
  run("npm", ["pack", "--pack-destination", to]);
  const { name, version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  run("npm", ["install", "--no-save", join(to, `${name}-${version}.tgz`)], to);
  for (const name of readdirSync(from).filter((file) => !file.endsWith(".json")))
    copyFileSync(join(from, name), join(to, name));
  return to;
}
