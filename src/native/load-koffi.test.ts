import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, test } from "node:test";
import { pathToFileURL } from "node:url";
import { except } from "../../test/platform.ts";
import { root } from "../../test/root.ts";

// The reported reason why koffi does not load: each cause is reproduced here, in a program of its
// own.

/** As compiled: in dist/ they are part of a chunk. */
const here = join(root, "build/package/native");
const binaries = `@koromix/koffi-${process.platform}-${process.arch}`;
const koffi = dirname(createRequire(import.meta.url).resolve("koffi"));
const installed = dirname(createRequire(join(koffi, "index.cjs")).resolve(binaries));

const folder = mkdtempSync(join(tmpdir(), "berkeley-load-"));
after(() => rmSync(folder, { recursive: true }));

/**
 * A copy of library.js, in a folder whose node_modules `install` fills; koffi without its binaries
 * is already there.
 */
function copyOf(name: string, install: (modules: string) => void = () => {}): string {
  const copy = join(folder, name);
  const modules = join(copy, "node_modules");
  const isLoaded = (path: string) => !/\/(vendor|doc|lib)$|\.(cc|hh|S|asm)$/.test(path);
  cpSync(koffi, join(modules, "koffi"), { recursive: true, filter: isLoaded });
  writeFileSync(join(copy, "package.json"), '{ "type": "module" }\n');
  for (const file of ["library.js", "load-koffi.js"]) cpSync(join(here, file), join(copy, file));
  install(modules);
  return join(copy, "library.js");
}

/** The package of binaries, with each of them replaced by another file. */
function withBinary(modules: string, file: string): void {
  const copy = join(modules, binaries);
  cpSync(installed, copy, { recursive: true });
  for (const each of ["linux_x64", "musl_x64", "linux_arm64", "musl_arm64"]) {
    rmSync(join(copy, each), { recursive: true, force: true });
    mkdirSync(join(copy, each));
    cpSync(file, join(copy, each, "koffi.node"));
  }
}

/** The output of a program that loads it with these Node options. */
function load(library: string, ...options: string[]): string {
  const program = join(folder, "program.mjs");
  writeFileSync(
    program,
    "try { await import(process.argv[2]); console.log('loaded'); } catch (error) { console.log(error.message); }",
  );
  const { stdout, stderr } = spawnSync(process.execPath, [...options, program, pathToFileURL(library).href], {
    encoding: "utf8",
    env: { ...process.env, NODE_OPTIONS: "" },
  });
  assert.notEqual(stdout, "", stderr);
  return stdout.trim();
}

const library = join(here, "library.js");
const ofNode = except({ bun: "it is a Node option", deno: "it is a Node option" });
const linuxOnly = except({ windows: "its binaries are laid out differently" });

test("koffi loads", () => assert.equal(load(library), "loaded"));

test("koffi: --no-addons is named", ofNode, () => {
  const expected =
    "berkeley: koffi did not load: native addons are disabled (--no-addons). Run node without that flag.";
  assert.equal(load(library, "--no-addons"), expected);
});

const permission = process.allowedNodeEnvironmentFlags.has("--permission")
  ? "--permission"
  : "--experimental-permission";

test("koffi: the permission model is named, with the flag that allows addons", ofNode, () => {
  const expected =
    "berkeley: koffi did not load: Node's permission model refuses native addons. " +
    "Run node with --allow-addons.";
  assert.equal(load(library, permission, "--allow-fs-read=*"), expected);
  assert.equal(load(library, permission, "--allow-fs-read=*", "--allow-addons"), "loaded");
});

test("koffi: a file that the permission model does not let us read is named", ofNode, () => {
  const copy = copyOf("unreadable", (modules) => {
    mkdirSync(join(modules, "@koromix"));
    symlinkSync(installed, join(modules, binaries));
  });
  const readable = [join(folder, "program.mjs"), join(dirname(copy), "*")].map(
    (path) => `--allow-fs-read=${path}`,
  );
  assert.match(
    load(copy, permission, "--allow-addons", ...readable),
    /^berkeley: koffi did not load: Node's permission model refused FileSystemRead of \/.*--allow-fs-read/,
  );
});

test("koffi: a missing binary is named, as after npm install --omit=optional", () => {
  const expected =
    `the optional dependency ${binaries}, is not installed. Install again on this ` +
    "platform, without --omit=optional";
  const text = load(copyOf("omitted"));
  assert.ok(text.startsWith("berkeley: koffi did not load: its binary for "), text);
  assert.ok(text.includes(expected), text);
});

test("koffi: a missing package is named", except({ bun: "Bun installs it by itself" }), () => {
  const copy = copyOf("absent", (modules) => rmSync(modules, { recursive: true }));
  assert.match(
    load(copy),
    /^berkeley: koffi did not load: it is not installed near this program\. Run npm install/,
  );
});

test("koffi: a C library that the binary was not built for is named", linuxOnly, () => {
  const musl = join(installed, `musl_${process.arch}`, "koffi.node");
  const text = load(copyOf("musl", (modules) => withBinary(modules, musl)));
  assert.match(
    text,
    /^berkeley: koffi did not load: its binary for linux-\w+ cannot be used here: .*musl.*It needs glibc or musl\.$/s,
  );
});

test("koffi: a broken binary is named", linuxOnly, () => {
  const broken = join(folder, "broken");
  writeFileSync(broken, "not a binary");
  const text = load(copyOf("broken-binary", (modules) => withBinary(modules, broken)));
  assert.match(
    text,
    /^berkeley: koffi did not load: its binary .*(too short|invalid ELF).*Delete node_modules and install again/s,
  );
});

test("koffi: a processor without a binary is named", ofNode, () => {
  const pretends = "data:text/javascript,Object.defineProperty(process, 'arch', { value: 'mips64el' })";
  const copy = copyOf("mips", (modules) => {
    mkdirSync(join(modules, "@koromix"));
    symlinkSync(installed, join(modules, binaries));
  });
  assert.equal(
    load(copy, "--import", pretends),
    `berkeley: koffi did not load: it has no binary for ${process.platform}-mips64el. ` +
      "berkeley runs on x64 and arm64.",
  );
});
