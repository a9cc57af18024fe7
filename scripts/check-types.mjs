// The declarations of the installed package in a consumer's folder: with the oldest, a later and
// the newest compiler, with each module resolution, and without skipLibCheck. A consumer's
// declarations based on them must be nameable, and README's code must compile.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./install-and-build.mjs";

/** A consumer's dependencies, pinned. README names the oldest TypeScript. */
export const consumerPackages = [
  "@types/node@20.19.43",
  "typescript-5.4@npm:typescript@5.4.5",
  "typescript-5.9@npm:typescript@5.9.3",
  "typescript-7@npm:typescript@7.0.2",
  "express@5.3.0",
  "@types/express@5.0.6",
  "fastify@5.12.8",
];

const strict = {
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  skipLibCheck: false,
  target: "es2022",
  lib: ["es2023", "esnext.disposable"],
  types: ["node"],
  rootDir: ".",
};
const resolutions = [
  { module: "node16", moduleResolution: "node16" },
  { module: "nodenext", moduleResolution: "nodenext" },
  { module: "esnext", moduleResolution: "bundler" },
];

/**
 * Writes the programs and projects to compile, and returns the name and the compiler's arguments of
 * each.
 */
export async function typeChecks(folder) {
  writeFileSync(join(folder, "package.json"), withModules(join(folder, "package.json")));
  writeFileSync(join(folder, "declarations.ts"), await declarations());
  const examples = [
    ...readmeBlocks().map((code, index) => [`readme-${index}.ts`, code]),
    ...(await docBlocks()).map((code, index) => [`doc-${index}.ts`, code]),
  ];
  for (const [name, code] of examples) writeFileSync(join(folder, name), `export {};\n${code}`);
  const checks = [];
  const compile = (name, version, compilerOptions, files) => {
    const project = `tsconfig-${checks.length}.json`;
    const text = JSON.stringify({ compilerOptions: { ...strict, ...compilerOptions }, files });
    writeFileSync(join(folder, project), text);
    checks.push({ name, args: [`node_modules/typescript-${version}/bin/tsc`, "-p", project] });
  };
  for (const version of ["5.4", "5.9", "7"]) {
    for (const resolution of resolutions) {
      const emitted = { ...resolution, declaration: true, outDir: `out-${checks.length}` };
      const name = `types for TypeScript ${version}, ${resolution.moduleResolution}`;
      compile(name, version, emitted, ["types.ts", "declarations.ts"]);
    }
  }
  const noEmit = { ...resolutions[1], noEmit: true };
  // The declarations of Express and Fastify are not ours: not all of them compile without it.
  const names = examples.map(([name]) => name);
  compile("the examples of README and the reference", "5.9", { ...noEmit, skipLibCheck: true }, names);
  return checks;
}

function withModules(path) {
  return JSON.stringify({ ...JSON.parse(readFileSync(path, "utf8")), type: "module" });
}

/**
 * A program that exports everything that the package exports, and the results of calls, with types
 * that the compiler infers.
 */
async function declarations() {
  const lines = [];
  for (const [name, path] of [
    ["berkeley", "index.js"],
    ["posix", "posix/index.js"],
    ["diagnose", "diagnose/index.js"],
  ]) {
    const module = await import(join(root, "dist", path));
    lines.push(`import * as ${name} from "berkeley${name === "berkeley" ? "" : `/${name}`}";`);
    for (const [key, value] of Object.entries(module)) {
      lines.push(`export const ${name}_${key} = ${name}.${key};`);
      // A class cannot be called.
      if (typeof value === "function" && /^[a-z]/.test(key))
        lines.push(`export const ${name}_${key}_given = of(${name}.${key});`);
    }
    for (const level of ["SO", "IP", "IPV6", "TCP", "UDP", "LOCAL"])
      for (const option of Object.keys(module[level] ?? {}))
        lines.push(`export const ${level}_${option} = ${name}.${level}[${JSON.stringify(option)}];`);
  }
  return [
    ...lines,
    "function of<Args extends never[], Given>(call: (...args: Args) => Given): Given | undefined {",
    "  return call === undefined ? undefined : undefined;",
    "}",
    "export const listening = (fd: number) => posix.tryListen(fd, 1);",
    "export const accepting = (fd: number) => posix.tryAccept(fd);",
    "export const receiving = (fd: number, bytes: Uint8Array) => posix.tryRecv(fd, bytes);",
    "export const failing = (fd: number) => posix.getsockopt(fd, posix.SO.ERROR);",
    "export const informing = (fd: number) => posix.tryGetsockopt(fd, posix.TCP.INFO);",
    "export const serving = () => berkeley.listen({ port: 0 }, { open: () => 1 });",
    "export const duplex = async () => (await berkeley.connect({ port: 1 })).toDuplex();",
  ].join("\n");
}

/** Every block of TypeScript in README.md, including those in lists. */
function readmeBlocks() {
  const text = readFileSync(join(root, "README.md"), "utf8");
  return [...text.matchAll(/^( *)```ts.*\n([\s\S]*?)^\1```$/gm)].map(([, , code]) => code);
}

/** The examples in doc comments, with the names of berkeley/posix in scope. */
async function docBlocks() {
  const { docExamples } = await import("../build/test/examples.js");
  const posix = Object.keys(await import("../dist/posix/index.js"));
  return docExamples(root).map(({ code }) => {
    const own = [...code.matchAll(/^import \{([^}]*)\}/gm)].flatMap(([, names]) => names.split(/[ ,]+/));
    const used = posix.filter(
      (name) => !own.includes(name) && new RegExp(`(?<![\\w.])${name}\\b`).test(code),
    );
    return `import { ${used.join(", ")} } from "berkeley/posix";\n${code}`;
  });
}
