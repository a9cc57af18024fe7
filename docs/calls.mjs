// Facts about the calls of berkeley/posix beyond their doc comments: their error sets, which are
// values, and their source. Each call lies in a file of its own name, and src/posix/listen.ts
// exports `listenErrors`.
import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import ts from "typescript";
import { root } from "../scripts/install-and-build.mjs";

/** Every error set by the name of its call, or of its function of the async API. */
export async function errorSets() {
  const sets = new Map();
  for (const folder of ["posix", "net"]) {
    const sources = join(root, "src", folder);
    for (const file of readdirSync(sources, { recursive: true }).sort()) {
      if (!file.endsWith(".ts") || file.endsWith(".test.ts")) continue;
      const [, call] =
        /^export const (\w+)Errors = new ErrorSet/m.exec(readFileSync(join(sources, file), "utf8")) ?? [];
      if (call === undefined) continue;
      const module = await import(join(root, "dist", folder, file.replace(/\.ts$/, ".js")));
      sets.set(call, module[`${call}Errors`]);
    }
  }
  return sets;
}

/** The codes of an entry, as a manual page lists them. */
export function codesOf(name, { codes, code }) {
  if (name === "Unexpected") return ["any other"];
  return codes.length > 0 ? codes : [code ?? "none"];
}

const CASES = {
  port: "With a port",
  noPort: "With port 0",
  path: "With a path",
  abstractName: "With an abstract name",
};

/**
 * The text of an entry for any address, then for each kind of address and each code that has its
 * own.
 */
export function textsOf(entry) {
  const joined = ({ message, advice }) => [message, advice].filter((part) => part).join(" ");
  const cases = Object.entries(entry.cases ?? {}).map(([kind, text]) => `${CASES[kind]}: ${joined(text)}`);
  // Those of Unexpected are Winsock's, and would be the same on every page.
  const codeTexts = entry.codes.length > 0 ? (entry.codeTexts ?? {}) : {};
  const codes = Object.entries(codeTexts).map(([code, text]) => `With ${code}: ${joined(text)}`);
  return [joined(entry), ...cases, ...codes];
}

/** The names that a doc comment's `@throws ListenError named …` lists. */
export function namesIn(text) {
  return [...text.matchAll(/`([A-Z]\w+)`/g)].map(([, name]) => name);
}

/** The source of a call: its function and what else its file has below the errors. */
export function sourceOf(path, name) {
  const text = readFileSync(path, "utf8");
  const functions = ts
    .createSourceFile(path, text, ts.ScriptTarget.Latest, true)
    .statements.filter((statement) => ts.isFunctionDeclaration(statement));
  const own = functions.find((declaration) => declaration.name?.text === name);
  if (own === undefined) throw new Error(`${path} has no function ${name}`);
  // Its doc comment is the page itself; the comments of the functions below it belong to the
  // source.
  const below = basename(path, ".ts") === name ? functions.slice(functions.indexOf(own) + 1) : [];
  return [own.getText(), ...below.map((declaration) => declaration.getFullText().trim())].join("\n\n");
}

/**
 * The rows of each call's conformance table, read from the tests, since those are what runs. Rows
 * generated in a loop (documentedErrors) repeat the table of errors, and are left out.
 */
export function conformanceTables() {
  const tables = new Map();
  const tests = ["src", "test"].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true }).map((file) => join(folder, file)),
  );
  for (const file of tests.sort()) {
    if (!file.endsWith(".ts")) continue;
    const path = join(root, file);
    const text = readFileSync(path, "utf8");
    if (!text.includes("conformance(")) continue;
    const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
    const constants = new Map();
    visit(source, (node) => {
      if (!ts.isVariableDeclaration(node) || node.initializer === undefined) return;
      const value = textOf(node.initializer, constants);
      if (value !== undefined) constants.set(node.name.getText(), value);
    });
    visit(source, (node) => {
      if (!ts.isCallExpression(node) || node.expression.getText() !== "conformance") return;
      const call = textOf(node.arguments[0], constants);
      if (call === undefined) return;
      const rows = tables.get(call)?.rows ?? [];
      visit(node, (child) => {
        const row = rowOf(child, constants);
        if (row !== undefined) rows.push(row);
      });
      tables.set(call, { file, rows });
    });
  }
  return tables;
}

function rowOf(node, constants) {
  if (!ts.isObjectLiteralExpression(node)) return undefined;
  const property = (name) => node.properties.find((member) => member.name?.getText() === name);
  const value = (name) => property(name)?.initializer && textOf(property(name).initializer, constants);
  const [clause, source] = [value("clause"), value("source")];
  if (clause === undefined || source === undefined) return undefined;
  return { clause, source, on: property("script") === undefined ? "kernel" : "scripted" };
}

function textOf(node, constants) {
  if (ts.isStringLiteralLike(node)) return node.text;
  if (ts.isIdentifier(node)) return constants.get(node.text);
  if (!ts.isTemplateExpression(node)) return undefined;
  let text = node.head.text;
  for (const { expression, literal } of node.templateSpans) {
    const value = textOf(expression, constants);
    if (value === undefined) return undefined;
    text += value + literal.text;
  }
  return text;
}

function visit(node, see) {
  see(node);
  ts.forEachChild(node, (child) => visit(child, see));
}
