// Lists the public API from the package's declarations, one file in api/ for each entry point: `npm
// run api` writes the lists, `npm run check:api` fails if they differ, so an API change shows in
// the diff of its commit.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join, relative } from "node:path";
import { installAndBuild, root } from "./install-and-build.mjs";
import { consumerOptions, ts } from "./typescript-api.mjs";

const isCheck = process.argv.includes("--check");
installAndBuild();
const { exports } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const entries = Object.entries(exports)
  .filter(([, entry]) => entry.types !== undefined)
  .map(([specifier, { types }]) => ({ specifier: join("berkeley", specifier), file: join(root, types) }));
const program = ts.createProgram(
  entries.map(({ file }) => file),
  consumerOptions,
);
const checker = program.getTypeChecker();
const printer = ts.createPrinter({ removeComments: true });

/** Parts of the implementation that a program never sees, though our declarations name them. */
const internal = new Set(["System"]);
const exportsOf = new Map(entries.map(({ file }) => [file, exportedBy(program.getSourceFile(file))]));
const named = new Set([...exportsOf.values()].flat().map(({ target }) => target));

mkdirSync(join(root, "api"), { recursive: true });
let stale = 0;
for (const { specifier, file } of entries) {
  const report = reportOf(specifier, exportsOf.get(file));
  const path = join(root, "api", `${basename(specifier)}.api.txt`);
  if (!isCheck) {
    writeFileSync(path, report);
    continue;
  }
  const difference = firstDifference(read(path), report);
  if (difference === undefined) continue;
  stale += 1;
  console.error(`${relative(root, path)}:${difference}\nIf the API change is intended: npm run api`);
}
if (isCheck) console.log(`api: ${entries.length} entry points, ${stale} stale`);
process.exitCode = stale === 0 ? 0 : 1;

function exportedBy(source) {
  return checker
    .getExportsOfModule(checker.getSymbolAtLocation(source))
    .map((symbol) => ({ name: symbol.name, target: targetOf(symbol) }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

function reportOf(specifier, exported) {
  const reached = new Set();
  for (const { target } of exported) reach(target, reached);
  const texts = exported.map(({ name, target }) => textOf(name, target));
  const others = [...reached].map((symbol) => textOf(symbol.name, symbol)).sort((a, b) => (a < b ? -1 : 1));
  const lines = [`// ${specifier}: ${exported.length} exports`, ...texts];
  if (others.length > 0) lines.push("// Exported by no entry point, but part of the types above", ...others);
  return `${lines.join("\n\n")}\n`;
}

function targetOf(symbol) {
  return symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
}

/**
 * Adds our symbols that the declarations of `symbol` name, and those that these name. Constructors
 * are left out: their parameters belong to the implementation if a program cannot name them.
 */
function reach(symbol, reached) {
  for (const declaration of ownDeclarations(symbol)) {
    const see = (node) => {
      if (isPrivate(node) || ts.isConstructorDeclaration(node)) return;
      if (ts.isIdentifier(node)) {
        const found = checker.getSymbolAtLocation(node);
        const target = found === undefined ? undefined : targetOf(found);
        if (target !== undefined && isTopLevel(target) && isUnlisted(target, reached)) {
          reached.add(target);
          reach(target, reached);
        }
      }
      ts.forEachChild(node, see);
    };
    ts.forEachChild(declaration, see);
  }
}

function isUnlisted(symbol, reached) {
  return !named.has(symbol) && !internal.has(symbol.name) && !reached.has(symbol);
}

function ownDeclarations(symbol) {
  const dist = join(root, "dist/");
  return (symbol.declarations ?? []).filter(
    (declaration) => declaration.getSourceFile().fileName.startsWith(dist) && !ts.isSourceFile(declaration),
  );
}

function isTopLevel(symbol) {
  return ownDeclarations(symbol).some((declaration) => {
    const statement = ts.isVariableDeclaration(declaration) ? declaration.parent.parent : declaration;
    return ts.isSourceFile(statement.parent);
  });
}

function isPrivate(node) {
  const isPrivateName = node.name !== undefined && ts.isPrivateIdentifier(node.name);
  return isPrivateName || (ts.canHaveModifiers(node) && hasPrivateModifier(node));
}

function hasPrivateModifier(node) {
  return ts.getModifiers(node)?.some(({ kind }) => kind === ts.SyntaxKind.PrivateKeyword) ?? false;
}

function textOf(name, symbol) {
  const declarations = ownDeclarations(symbol);
  if (declarations.length === 0) return `namespace ${name}: an entry point of its own`;
  const texts = declarations.map((declaration) => {
    const statement = ts.isVariableDeclaration(declaration) ? declaration.parent.parent : declaration;
    const { transformed } = ts.transform(statement, [withoutPrivate]);
    return printer
      .printNode(ts.EmitHint.Unspecified, transformed[0], statement.getSourceFile())
      .replaceAll("Uint8Array<ArrayBufferLike>", "Uint8Array")
      .replace(/^export (declare )?/, "");
  });
  return texts.join("\n");
}

function withoutPrivate(context) {
  return (statement) => {
    const see = (node) => (isPrivate(node) ? undefined : ts.visitEachChild(node, see, context));
    return ts.visitNode(statement, see);
  };
}

function read(path) {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (error.code === "ENOENT") return "";
    throw error;
  }
}

/** The first difference, as its line number, the file's line, and the package's. */
function firstDifference(before, after) {
  if (before === after) return undefined;
  const [was, is] = [before.split("\n"), after.split("\n")];
  const index = is.findIndex((line, number) => line !== was[number]);
  const at = index === -1 ? is.length : index;
  return `${at + 1}: the list and the declarations differ\n- ${was[at] ?? ""}\n+ ${is[at] ?? ""}`;
}
