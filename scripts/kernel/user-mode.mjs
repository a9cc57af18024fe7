// User-Mode Linux: a kernel built from Debian's sources that runs as a program on this host.
// Programs in it run natively on the host's processor, many times faster than in QEMU without KVM.
// It has one processor, and is a separate architecture (ARCH=um).
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statfsSync,
  writeFileSync,
} from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { root, run } from "../install-and-build.mjs";
import { watchConsole } from "./console.mjs";

/** Its memory. */
const MEBIBYTES = 4096;

/**
 * The packages needed to build such a kernel, by a program whose presence shows that one is there.
 */
const tools = { gcc: "gcc", make: "make", flex: "flex", bison: "bison", bc: "bc", xz: "xz-utils" };

/** The reason this host cannot run such a kernel. */
export function lacksUserMode() {
  return process.arch === "x64" ? undefined : "User-Mode Linux runs on x64 only";
}

/**
 * A kernel of Debian's, such as `6.1`: its package, program and modules. Debian 12 has a package of
 * 6.1; others are built from linux-source, in ten minutes.
 */
export function userModeKernel(debian, version, folder) {
  if (!existsSync(join(folder, "package"))) {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(join(folder, "modules/lib"), { recursive: true });
    debian.update();
    const packaged = debian.version("user-mode-linux");
    const name = packaged?.startsWith(version)
      ? unpackKernel(debian, packaged, folder)
      : buildKernel(debian, version, folder);
    writeFileSync(join(folder, "package"), name);
  }
  return {
    package: readFileSync(join(folder, "package"), "utf8"),
    kernel: join(folder, "linux"),
    modules: join(folder, "modules"),
  };
}

function unpackKernel(debian, packaged, folder) {
  debian.unpack(["user-mode-linux"], folder, { dependencies: false });
  run("mv", [join(folder, "usr/bin/linux.uml"), join(folder, "linux")]);
  run("mv", [join(folder, "usr/lib/uml/modules"), join(folder, "modules/lib/modules")]);
  return `user-mode-linux ${packaged}`;
}

/** Builds Debian's sources with everything that the tests use built in. */
function buildKernel(debian, version, folder) {
  const missing = Object.entries(tools).filter(
    ([program]) => spawnSync(program, ["--version"]).error !== undefined,
  );
  if (missing.length > 0)
    throw new Error(`building a kernel takes: apt-get install ${missing.map(([, name]) => name).join(" ")}`);
  const name = `linux-source-${version}`;
  const sources = join(folder, "sources");
  debian.unpack([name], sources, { dependencies: false });
  run("tar", ["-xf", join(sources, `usr/src/${name}.tar.xz`), "-C", sources]);
  const tree = join(sources, name);
  const make = (...goals) => run("make", ["ARCH=um", `-j${availableParallelism()}`, "-s", ...goals], tree);
  make("defconfig");
  const options = readFileSync(join(root, "scripts/kernel/user-mode-options"), "utf8").split(/\s+/);
  const wanted = options.filter(Boolean).flatMap((option) => ["--enable", option]);
  run(join(tree, "scripts/config"), [...wanted, "--disable", "MODULES"], tree);
  make("olddefconfig");
  make("linux");
  copyFileSync(join(tree, "linux"), join(folder, "linux"));
  rmSync(sources, { recursive: true });
  return `${name} ${debian.version(name)}, User-Mode Linux`;
}

/** A folder with enough space for the file that backs its memory: Docker's /dev/shm has 64 MiB. */
function memoryFolder() {
  const { bavail, bsize } = statfsSync("/dev/shm");
  return bavail * bsize >= MEBIBYTES * 2 ** 20 ? "/dev/shm" : join(root, ".cache/kernels");
}

/**
 * Boots one, on the root and the folders that scripts/kernel/root.mjs made; resolves with its
 * console's lines once it has ended. The options are those of machine.mjs's `boot()`.
 */
export function bootUserMode({ kernel, shares, seconds, signal, onLine }) {
  const { lower, modules, repository, results } = shares;
  const init = "etc/berkeley-user-mode.sh";
  copyFileSync(join(root, "scripts/kernel/user-mode-init.sh"), join(lower, init));
  chmodSync(join(lower, init), 0o755);
  // Arguments that the kernel does not know become the environment of its first process.
  const command = [
    ...[
      "-n",
      "10",
      "env",
      `TMPDIR=${memoryFolder()}`,
      kernel,
      `mem=${MEBIBYTES}M`,
      "quiet",
      "con=null",
      "con0=fd:0,fd:1",
    ],
    ...["rootfstype=hostfs", "root=/dev/root", `rootflags=${lower}`, "ro", `init=/${init}`],
    ...[`modules_folder=${modules}`, `repository_folder=${repository}`, `results_folder=${results}`],
  ];
  return watchConsole("nice", command, { seconds, signal, onLine });
}
