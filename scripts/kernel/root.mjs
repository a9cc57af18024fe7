// Builds the files that a virtual machine boots: Debian's kernel with its modules, a root made of
// Debian packages with Node and koffi for its processor, and an initramfs. Kept in .cache/kernels/,
// which may be deleted at any time.
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { basename, join } from "node:path";
import { root, run } from "../install-and-build.mjs";
import { installRuntimes } from "../runtimes.mjs";
import { Debian } from "./debian.mjs";
import { installForeign } from "./foreign-package.mjs";
import { PATH } from "./machine.mjs";
import { userModeKernel } from "./user-mode.mjs";

/** The programs that tests run, besides Node. */
const programs = [
  "base-passwd",
  ...["bash", "busybox-static", "coreutils", "curl", "dash", "findutils", "grep", "iproute2", "iptables"],
  ...["kmod", "libstdc++6", "mount", "netbase", "nftables", "openssl", "passwd", "procps", "strace"],
  ...["tmux", "util-linux"],
];

/** The modules that the initramfs loads before it mounts the root. */
const early = ["virtio_pci", "9pnet_virtio", "9p", "overlay", "virtio_rng"];

/** The modules that rows need and the kernel does not load automatically. */
const late = [
  ...[
    "af_alg",
    "af_key",
    "algif_aead",
    "algif_hash",
    "algif_rng",
    "algif_skcipher",
    "can",
    "can_isotp",
    "can_j1939",
    "can_raw",
    "dummy",
  ],
  ...[
    "inet_diag",
    "ipvlan",
    "nf_tables",
    "nft_chain_nat",
    "nft_redir",
    "raw_diag",
    "rds",
    "rds_tcp",
    "sch_netem",
  ],
  ...["sctp", "tcp_bbr", "tcp_diag", "tipc", "tls", "udp_diag", "unix_diag", "vcan", "veth"],
  ...["vsock", "vsock_diag", "vsock_loopback", "xfrm_user", "xt_owner", "xt_REDIRECT"],
];

const debianNames = { x64: "amd64", arm64: "arm64" };
export const cache = join(root, ".cache/kernels");

/**
 * Prepares a kernel, such as `6.1`, for a processor. Returns its package, the files that boot it,
 * and the folders that it mounts. `keepsRepository` keeps the copy of the repository that the last
 * run made.
 */
export function prepare(version, architecture, { keepsRepository = false } = {}) {
  const { debian, folder: lower } = debianRoot(architecture);
  const folder = join(cache, `${version}-${architecture}`);
  if (!existsSync(join(folder, "package"))) unpackKernel(debian, version, architecture, folder);
  const initramfs = join(folder, "initramfs");
  makeInitramfs(folder, join(lower, "bin/busybox"), initramfs);
  return {
    package: readFileSync(join(folder, "package"), "utf8"),
    kernel: kernelIn(folder),
    initramfs,
    shares: {
      lower: withBoot(lower),
      kernel: join(folder, "modules"),
      repository: repositoryIn(folder, keepsRepository),
    },
  };
}

/** The same for User-Mode Linux, which needs no initramfs. */
export function prepareUserMode(version, { keepsRepository = false } = {}) {
  const { debian, folder: lower } = debianRoot("x64");
  const folder = join(cache, `${version}-user-mode`);
  const { modules, ...kernel } = userModeKernel(debian, version, folder);
  return {
    ...kernel,
    shares: { lower: withBoot(lower), modules, repository: repositoryIn(folder, keepsRepository) },
  };
}

/** Adds the scripts that run once the root is mounted. */
function withBoot(lower) {
  copyFileSync(join(root, "scripts/kernel/boot.sh"), join(lower, "etc/berkeley-boot.sh"));
  writeFileSync(join(lower, "etc/berkeley-modules"), `${late.join("\n")}\n`);
  return lower;
}

function repositoryIn(folder, keeps) {
  const copy = join(folder, "repository");
  return keeps ? copy : copyRepository(copy);
}

/** A root of Debian's packages, with Node. */
export function debianRoot(architecture) {
  const debian = new Debian(debianNames[architecture], join(cache, `apt-${architecture}`));
  const folder = join(cache, `root-${architecture}`);
  if (!existsSync(join(folder, "etc/machine-id"))) makeRoot(debian, architecture, folder);
  return { debian, folder };
}

/** A copy of the files that tests read, so that the original may be rebuilt meanwhile. */
function copyRepository(folder) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const parts = readdirSync(root).filter((name) => !name.startsWith(".") && name !== "node_modules");
  run("cp", ["-a", ...parts.map((name) => join(root, name)), folder]);
  // These are never written, so links are enough.
  run("cp", ["-al", join(root, "node_modules"), folder]);
  return folder;
}

function kernelIn(folder) {
  const name = readdirSync(join(folder, "boot")).find((file) => file.startsWith("vmlinuz-"));
  return join(folder, "boot", name);
}

function unpackKernel(debian, version, architecture, folder) {
  debian.update();
  const dotted = version.replaceAll(".", "\\.");
  // linux-image-6.1.0-57-amd64 in Debian 12; linux-image-6.12.117+deb12-amd64 from its backports.
  const name = debian.newest(
    new RegExp(`^linux-image-${dotted}\\.[\\d.]+(-\\d+|\\+deb\\d+)-${debianNames[architecture]}$`),
  );
  if (name === undefined) throw new Error(`Debian's sources here offer no linux-image-${version}`);
  rmSync(folder, { recursive: true, force: true });
  debian.unpack([name], folder, { dependencies: false });
  const release = name.replace("linux-image-", "");
  // As its installation would; once merged with a root, lib/ contains only modules.
  mkdirSync(join(folder, "modules/lib"), { recursive: true });
  run("mv", [join(folder, "lib/modules"), join(folder, "modules/lib/modules")]);
  run("env", [`PATH=${PATH}`, "depmod", "--basedir", join(folder, "modules"), release]);
  writeFileSync(join(folder, "package"), `${name} ${debian.version(name)}`);
}

function makeRoot(debian, architecture, lower) {
  debian.update();
  rmSync(lower, { recursive: true, force: true });
  debian.unpack(programs, lower, { dependencies: true });
  const link = (target, path) => {
    if (!existsSync(join(lower, path))) symlinkSync(target, join(lower, path));
  };
  // The files that these packages' install scripts would create.
  link("dash", "bin/sh");
  for (const name of ["iptables", "ip6tables"]) link("xtables-nft-multi", `usr/sbin/${name}`);
  for (const name of ["passwd", "group"])
    copyFileSync(join(lower, `usr/share/base-passwd/${name}.master`), join(lower, "etc", name));
  writeFileSync(join(lower, "etc/hosts"), "127.0.0.1 localhost berkeley\n::1 localhost ip6-localhost\n");
  writeFileSync(join(lower, "etc/nsswitch.conf"), "passwd: files\ngroup: files\nhosts: files dns\n");
  const [{ program }] = installRuntimes(["node20"], architecture);
  mkdirSync(join(lower, "usr/local/bin"), { recursive: true });
  copyFileSync(program, join(lower, "usr/local/bin/node"));
  if (architecture !== process.arch) addKoffi(architecture, lower);
  for (const name of ["mnt", "root"]) mkdirSync(join(lower, name), { recursive: true });
  writeFileSync(join(lower, "etc/machine-id"), "00000000000000000000000000000000\n");
}

/** Where koffi finds its binary after looking in the repository: /node_modules. */
function addKoffi(architecture, lower) {
  const { version } = JSON.parse(readFileSync(join(root, "node_modules/koffi/package.json"), "utf8"));
  const name = `@koromix/koffi-linux-${architecture}`;
  const installed = installForeign(name, version, join(cache, `koffi-${architecture}`));
  cpSync(installed, join(lower, "node_modules", name), { recursive: true });
}

/** An initramfs with busybox, and the modules that mount the root. */
function makeInitramfs(folder, busybox, file) {
  const files = join(folder, "initramfs.files");
  rmSync(files, { recursive: true, force: true });
  for (const part of ["bin", "modules"]) mkdirSync(join(files, part), { recursive: true });
  copyFileSync(busybox, join(files, "bin/busybox"));
  copyFileSync(join(root, "scripts/kernel/init.sh"), join(files, "init"));
  chmodSync(join(files, "init"), 0o755);
  const [release] = readdirSync(join(folder, "modules/lib/modules"));
  const modules = join(folder, "modules/lib/modules", release);
  const order = inOrder(readFileSync(join(modules, "modules.dep"), "utf8"), early);
  for (const path of order) {
    const to = join(files, "modules", basename(path));
    copyFileSync(join(modules, path), to);
    // Modules of newer kernels are compressed, which busybox cannot load.
    if (path.endsWith(".xz")) run("xz", ["--decompress", to]);
  }
  const names = order.map((path) => `${basename(path).replace(/\.xz$/, "")}\n`);
  writeFileSync(join(files, "modules/order"), names.join(""));
  const { status, stdout, stderr } = spawnSync("sh", ["-c", "find . | cpio --quiet -o -H newc"], {
    cwd: files,
    maxBuffer: 2 ** 28,
  });
  if (status !== 0) throw new Error(`cpio: ${stderr}`);
  writeFileSync(file, stdout);
}

/**
 * The files of modules and their dependencies, dependencies first; built-in modules have none.
 */
function inOrder(dependencies, names) {
  const needs = new Map(
    dependencies
      .split("\n")
      .filter(Boolean)
      .map((line) => line.split(":"))
      .map(([path, needed]) => [path, needed.split(" ").filter(Boolean)]),
  );
  const nameOf = (path) =>
    basename(path)
      .replace(/\.ko(\.xz)?$/, "")
      .replaceAll("-", "_");
  const order = new Set();
  const add = (path) => {
    for (const needed of needs.get(path) ?? []) add(needed);
    order.add(path);
  };
  for (const name of names) {
    const path = [...needs.keys()].find((candidate) => nameOf(candidate) === name);
    if (path !== undefined) add(path);
  }
  return [...order];
}
