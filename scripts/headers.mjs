// The numbers of macOS and FreeBSD, from their published headers:
//
//     node scripts/headers.mjs darwin DIRECTORY --write    writes src/system/darwin/headers.json
//     node scripts/headers.mjs freebsd DIRECTORY --check   says where headers.json and the headers
//     differ
//
// DIRECTORY is a checkout of xnu (github.com/apple-oss-distributions/xnu) or of FreeBSD
// (github.com/freebsd/freebsd-src), or a folder of installed headers: /usr/include of either
// system, or a cross compiler's header folders, separated by commas. `--revision NAME` names
// headers for which `git describe` fails. Any 64-bit gcc or clang will do: the headers are
// preprocessed and laid out for x64 and for arm64, and both must agree. The tests compare our
// tables with headers.json on every host.
//
// headers.json of macOS is from xnu-11417.101.15, and agrees with the SDK of macOS 26.4; FreeBSD's
// is from the headers of FreeBSD 15.0 that Zig 0.16.0 has in lib/libc/include (generic-freebsd,
// x86_64-freebsd-none and aarch64-freebsd-none), and agrees with the sources of FreeBSD 12.1 in
// everything they share except AF_MAX and the length of struct tcp_info.
import { spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { isDeepStrictEqual, parseArgs } from "node:util";
import { systems } from "./headers/wanted.mjs";
import { root } from "./install-and-build.mjs";

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { check: { type: "boolean" }, revision: { type: "string" }, write: { type: "boolean" } },
});
const [name, directory] = positionals;
const system = systems[name];
if (system === undefined || directory === undefined || values.check === values.write) {
  console.error("usage: node scripts/headers.mjs darwin|freebsd DIRECTORY --write|--check [--revision NAME]");
  process.exit(2);
}

const folders = directory.split(",").map((folder) => resolve(folder));
const work = mkdtempSync(join(tmpdir(), "berkeley-headers-"));
try {
  const [x64, arm64] = ["x64", "arm64"].map(factsFor);
  for (const kind of Object.keys(x64)) {
    for (const key of new Set([...Object.keys(x64[kind]), ...Object.keys(arm64[kind])])) {
      if (isDeepStrictEqual(x64[kind][key], arm64[kind][key])) continue;
      throw new Error(`${key} of ${kind} is not the same on x64 and arm64`);
    }
  }
  const file = join(root, "src/system", name, "headers.json");
  const found = { system: name, revision: values.revision ?? revision(folders[0]), ...x64 };
  if (values.write) writeFileSync(file, written(found));
  else process.exitCode = compare(JSON.parse(readFileSync(file, "utf8")), found);
} finally {
  rmSync(work, { recursive: true });
}

/** The headers' definitions for one machine type: constants by file, and structures. */
function factsFor(arch) {
  const include = includePath(arch);
  const headers = system.headers.filter((header) =>
    include.some((folder) => existsSync(join(folder, header))),
  );
  const source = [...headers, ...system.laidOutBy]
    .filter((header) => header !== "netinet6/in6.h")
    .map((header) => `#include <${header}>\n`)
    .join("");
  const flags = [
    "-nostdinc",
    "-ffreestanding",
    "-w",
    ...["linux", "__linux", "__linux__", "__gnu_linux__", "unix", "__unix", "__unix__"].map(
      (macro) => `-U${macro}`,
    ),
    ...(arch === "arm64" ? ["-U__x86_64__", "-U__x86_64", "-U__amd64__", "-U__amd64"] : []),
    ...system.machines[arch].map((macro) => `-D${macro}`),
    ...system.macros.map((macro) => `-D${macro}`),
    ...include.flatMap((folder) => ["-isystem", folder]),
  ];
  const preprocessed = cc(["-E", "-dD", ...flags], source);
  const macros = macrosIn(preprocessed, include);
  // If a constant is both an enumerator and a macro of the same name, the compiler decides.
  const enumerators = [...macros].filter(([macro, { body }]) => body === macro).map(([macro]) => macro);
  const compiled = compile(
    [
      ...enumerators.map((name) => [name, name]),
      ...system.expressions.map((each) => [each, each]),
      ...structures(preprocessed),
    ],
    flags,
    source,
  );
  const constants = {};
  for (const header of headers) {
    const { names } = system.constants.find(({ headers }) => headers.includes(header));
    const defined = [...macros].filter(([macro, { file }]) => file === header && names.test(macro));
    const numbers = defined
      .map(([macro]) => [macro, compiled.get(macro) ?? numberOf(macro, macros)])
      .filter(([, value]) => value !== undefined);
    if (numbers.length > 0)
      constants[header] = Object.fromEntries(numbers.sort(([a], [b]) => (a < b ? -1 : 1)));
  }
  const laidOut = Object.entries(system.structures).filter(([structure]) => compiled.has(structure));
  return {
    constants,
    structures: Object.fromEntries(
      laidOut.map(([structure, members]) => {
        const place = (member) => [
          compiled.get(`${structure}.${member}`),
          compiled.get(`sizeof ${structure}.${member}`),
        ];
        const places = Object.fromEntries(members.map((member) => [member, place(member)]));
        return [structure, { size: compiled.get(structure), members: places }];
      }),
    ),
    expressions: Object.fromEntries(system.expressions.map((each) => [each, compiled.get(each)])),
  };
}

/** C expressions for the sizes and offsets of structure members, if the headers have them. */
function* structures(preprocessed) {
  for (const [structure, members] of Object.entries(system.structures)) {
    if (!new RegExp(`^\\s*${structure}\\s*\\{`, "m").test(preprocessed)) continue;
    yield [structure, `sizeof(${structure})`];
    for (const member of members) {
      yield [`${structure}.${member}`, `__builtin_offsetof(${structure}, ${member})`];
      yield [`sizeof ${structure}.${member}`, `sizeof(((${structure} *)0)->${member})`];
    }
  }
}

/** The compiler's values of these expressions, by name. */
function compile(asked, flags, source) {
  const lines = asked.map(
    ([, expression], index) => `long long fact_${index} = (long long)(${expression});\n`,
  );
  const assembly = cc(["-S", "-O2", ...flags], source + lines.join(""));
  return new Map(
    asked.map(([name], index) => {
      const data = new RegExp(`^_?fact_${index}:\\n\\s*\\.(zero|quad|xword)\\s+(-?\\d+)`, "m").exec(assembly);
      if (data === null) throw new Error(`the compiler did not report ${name}`);
      return [name, data[1] === "zero" ? 0 : Number(data[2])];
    }),
  );
}

/** Every macro without parameters, with its body and the header that defined it last. */
function macrosIn(preprocessed, include) {
  const macros = new Map();
  let file = "";
  for (const line of preprocessed.split("\n")) {
    const marker = /^# \d+ "(.*?)"/.exec(line);
    if (marker !== null) {
      const folder = include
        .filter((each) => marker[1].startsWith(`${each}/`))
        .sort((a, b) => b.length - a.length)[0];
      file = folder === undefined ? "" : marker[1].slice(folder.length + 1);
    }
    const [, undefined_] = /^#undef (\w+)/.exec(line) ?? [];
    if (undefined_ !== undefined) macros.delete(undefined_);
    const [, macro, body] = /^#define (\w+)(?: (.*))?$/.exec(line) ?? [];
    if (macro !== undefined) macros.set(macro, { file, body: body ?? "" });
  }
  return macros;
}

/** The number that a macro stands for; undefined if it is not a plain one. */
function numberOf(macro, macros, within = []) {
  if (within.includes(macro)) return undefined;
  let plain = true;
  const body = (macros.get(macro)?.body ?? "")
    .replaceAll(/\/\*.*?\*\//g, "")
    .replaceAll(/\(\s*(u_)?(u?int\d*_t|int|u_int|long)\s*\)/g, "");
  const spelled = body.replaceAll(/[A-Za-z_]\w*|0[xX][0-9A-Fa-f]+[uUlL]*|\d+[uUlL]*/g, (token) => {
    if (/^0\d/.test(token)) return String(Number.parseInt(token, 8));
    if (/^\d/.test(token)) return String(Number(token.replace(/[uUlL]+$/, "")));
    const value = numberOf(token, macros, [...within, macro]);
    if (value === undefined) plain = false;
    return String(value);
  });
  if (!plain || spelled.trim() === "" || !/^[\d\s()|&~<>+*-]+$/.test(spelled)) return undefined;
  try {
    return Number(new Function(`return (${spelled})`)());
  } catch {
    return undefined;
  }
}

/** The folders of the headers for one machine type. */
function includePath(arch) {
  const [first] = folders;
  const isSource = existsSync(join(first, system.source.landmark));
  if (!isSource) {
    const ofMachine = folders.filter(
      (folder) => !/x86_64|aarch64|amd64|arm64/.test(folder) || system.folders[arch].test(folder),
    );
    return ofMachine;
  }
  // Prepares what the system's own build does before it compiles: links to the machine's headers,
  // and generated files.
  const made = join(work, arch);
  mkdirSync(join(made, "sys/_pthread"), { recursive: true });
  for (const [link, target] of Object.entries(system.source.links[arch]))
    symlinkSync(join(first, target), join(made, link));
  for (const [header, text] of Object.entries(system.source.generated))
    writeFileSync(join(made, header), text);
  return [...system.source.include.map((folder) => join(first, folder)), made];
}

function cc(args, source) {
  const file = join(work, "facts.c");
  writeFileSync(file, source);
  const { error, status, stderr, stdout } = spawnSync(process.env.CC ?? "gcc", [...args, "-o", "-", file], {
    encoding: "utf8",
    maxBuffer: 2 ** 28,
  });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(stderr);
  return stdout;
}

function revision(folder) {
  const git = (...args) => spawnSync("git", ["-C", folder, ...args], { encoding: "utf8" }).stdout.trim();
  const described = git("describe", "--tags", "--always");
  if (described === "") throw new Error(`${folder} is not a git repository: pass --revision`);
  return `${described} (commit ${git("rev-parse", "HEAD")})`;
}

/** One constant per line. */
function written(facts) {
  const spaced = JSON.stringify(facts, null, 2);
  return `${spaced.replaceAll(/\[\s+(\d+),\s+(\d+)\s+\]/g, "[$1, $2]")}\n`;
}

function compare(committed, found) {
  const differences = [];
  const flat = ({ constants, structures, expressions }) =>
    new Map([
      ...Object.values(constants).flatMap(Object.entries),
      ...Object.entries(structures).flatMap(([structure, { size, members }]) => [
        [structure, size],
        ...Object.entries(members).map(([member, place]) => [`${structure}.${member}`, place]),
      ]),
      ...Object.entries(expressions),
    ]);
  const [ours, theirs] = [flat(committed), flat(found)];
  let equal = 0;
  const absent = [];
  for (const [key, value] of ours) {
    if (!theirs.has(key)) absent.push(key);
    else if (isDeepStrictEqual(theirs.get(key), value)) equal += 1;
    else differences.push(`${key}: ${value} in headers.json, ${theirs.get(key)} in ${found.revision}`);
  }
  const added = [...theirs.keys()].filter((key) => !ours.has(key));
  console.log(`headers.json: ${committed.revision}; compared with ${found.revision}`);
  console.log(
    `${equal} the same, ${differences.length} different, ${absent.length} absent, ${added.length} only there`,
  );
  if (absent.length > 0) console.log(`absent: ${absent.join(" ")}`);
  if (added.length > 0) console.log(`only there: ${added.join(" ")}`);
  for (const difference of differences) console.error(difference);
  return differences.length === 0 ? 0 : 1;
}
