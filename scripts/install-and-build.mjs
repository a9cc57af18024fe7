// Prepares `npm start` and `npm test`: installs dependencies if package-lock.json is newer than
// they are, and runs the incremental build.
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, posix, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/**
 * Installs if something changed, and builds the package into dist/. Exits if either fails.
 *
 * @param options bundle.mjs's
 */
export function installAndBuild(options = []) {
  install(root);
  compile("tsconfig.build.json");
  run(process.execPath, [join(root, "scripts/bundle.mjs"), ...options]);
}

/** Builds the package into dist/, and the tests into build/, where they run against the package. */
export function installAndBuildTests(options = []) {
  installAndBuild(options);
  compile("tsconfig.json");
  useThePackage();
}

function compile(project) {
  run(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "-p", join(root, project)]);
}

/**
 * Replaces each module of the package in build/src/ with one that re-exports the module in dist/,
 * so that tests import the published code rather than a second compilation of it.
 */
function useThePackage() {
  const build = join(root, "build/src");
  for (const path of compiledFiles(build)) {
    if (!/\.c?js$/.test(path) || /\.(test|type-test|child)\.js$/.test(path)) continue;
    const file = join(build, path);
    const module = relative(dirname(file), join(root, "dist", path)).replaceAll(sep, posix.sep);
    const hasDefault = /^export default |\bas default\b/m.test(
      readFileSync(join(root, "dist", path), "utf8"),
    );
    const reexport = path.endsWith(".cjs")
      ? `module.exports = require("${module}");\n`
      : `${machine(file)}export * from "${module}";\n${hasDefault ? `export { default } from "${module}";\n` : ""}`;
    if (readFileSync(file, "utf8") !== reexport) writeFileSync(file, reexport);
  }
}

/**
 * The files that tsc has compiled from src/ into a folder. Removes those whose source is gone,
 * since tsc leaves them.
 */
export function compiledFiles(folder) {
  return readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((path) => {
    if (!/\.c?[jt]s$/.test(path)) return false;
    const source = join(root, "src", path.replace(/(\.d)?\.(c?)[jt]s$/, ".$2ts"));
    if (existsSync(source)) return true;
    rmSync(join(folder, path));
    return false;
  });
}

/**
 * Imports this machine's System and engine first, as the package's entries do; nothing for modules
 * of the simulation, which must do without.
 */
function machine(file) {
  const path = relative(join(root, "build/src"), file).replaceAll(sep, posix.sep);
  if (path.startsWith("simulated/")) return "";
  const modules = /^(engine|net|node)\//.test(path)
    ? ["system/host.js", "engine/choice.js"]
    : ["system/host.js"];
  return modules
    .map((module) => relative(dirname(file), join(root, "dist", module)).replaceAll(sep, posix.sep))
    .map((module) => `import "${module}";\n`)
    .join("");
}

/**
 * Installs the dependencies of a package's folder, if its package-lock.json is newer than they are.
 * `options` are npm's.
 */
export function install(folder, options = []) {
  const wanted = modified(join(folder, "package-lock.json"));
  if (wanted > modified(join(folder, "node_modules/.package-lock.json")))
    run("npm", ["ci", ...options], folder);
}

/**
 * Runs a command; exits if it fails. Its output goes to standard error: standard output belongs to
 * the program.
 */
export function run(command, args, cwd = root) {
  const { status, error } = spawnSync(command, args, { cwd, stdio: ["ignore", 2, 2] });
  if (error) throw error;
  if (status !== 0) process.exit(status ?? 1);
}

function modified(path) {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}
