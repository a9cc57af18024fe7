// npm run check:names: declarations and files do not use names that the project has replaced by the
// field's own. It only reads declarations: a comment, a string, or a property of someone else's
// object may use any name.
import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { filesOf } from "./files-of.mjs";
import { root } from "./install-and-build.mjs";
import { ts } from "./typescript-api.mjs";

const types = ["class", "interface", "enum", "file"];
const members = ["method", "property", "function"];

/**
 * The names and their replacements. `name` matches a whole name, `word` one of its words. If
 * `kinds` is given, other declarations may use the name: a local variable may hold the words of a
 * text or the rows of a table on the terminal.
 */
const replaced = [
  { name: /^machine$/i, use: "Loop (io_uring), HostTables or host" },
  { name: /^(Turns?|willPrepare|willTell)$/, use: "Tick, deferSubmit, deferCallback" },
  { name: /^Opened$/, use: "UringHandle, ReadinessHandle" },
  { name: /^Operating$/, use: "CompletionTarget" },
  { name: /^operation$/, kinds: ["method", "function"], use: "userData()" },
  { name: /^Kind$/, kinds: ["class", "enum", "variable", "file"], use: "OpTag" },
  { word: ["room", "rooms"], use: "PooledBuffer, BufferPool; buffers in the public API" },
  { word: ["lender", "lenders"], use: "BufferLoan" },
  { name: /^(Starved|fed|onFed)$/, use: "onBuffersAvailable" },
  { name: /^(enter|leave|member)$/i, kinds: ["method", ...types], use: "register, deregister" },
  { name: /^(gathered|outgoing)$/i, except: "OUTGOING", use: "Cork, WriteQueue" },
  { name: /^(Accepting|wantOnly)$/, use: "AcceptLoop, setDemand" },
  { name: /^want$/, kinds: members, use: "setDemand" },
  { name: /^goOn$/, use: "retryInterrupted, resume" },
  { name: /^(giveUp|givenUp|gaveUp|givesUp)$/i, use: "abort" },
  { name: /^mark$/, use: "offset" },
  { name: /^whyNot/, use: "the name of the reason: send-errno, winsock-errno, unavailable" },
  { word: ["place", "places"], use: "endpoint; Platform in tests" },
  { name: /^(sentence|refusal)$/, kinds: [...members, ...types], use: "message, fail" },
  { name: /^rows$/, kinds: [...members, ...types], folder: "src/", use: "entries" },
  { name: /^refusedAs$/, use: "code" },
  { word: ["account", "accounts", "accountant"], except: "LookupAccountSidW", use: "explanation" },
  { word: ["untold", "unseen"], use: "unavailable" },
  // A property may hold the 32-bit words of a buffer.
  { name: /^words$/, kinds: ["function", ...types], use: "terms" },
  { name: /^(is)?FrontDoor$/i, use: "the async API" },
  { name: /^(house|housed)$/i, use: "layers" },
  { name: /^holdsUp$/i, use: "stress" },
];

const found = [];
const sources = filesOf(["src", "test"]).filter((file) => /\.c?ts$/.test(file));
for (const file of sources) {
  const stem = basename(file).replace(/(\.(test|type-test|child))?\.c?ts$/, "");
  const parts = file.split("/").slice(1, -1);
  for (const part of [...parts, stem]) check(camel(part), "file", file, 1);
  const text = readFileSync(join(root, file), "utf8");
  visit(ts.createSourceFile(file, text, ts.ScriptTarget.Latest), file);
}
for (const line of found) console.error(line);
console.log(`${sources.length} files, ${found.length} replaced names`);
process.exitCode = found.length === 0 ? 0 : 1;

function visit(source, file) {
  const see = (node) => {
    const kind = kindOf(node);
    if (kind !== undefined && node.name !== undefined && /Identifier$/.test(ts.SyntaxKind[node.name.kind])) {
      const { line } = source.getLineAndCharacterOfPosition(node.name.getStart(source));
      check(node.name.text.replace(/^#/, ""), kind, file, line + 1);
    }
    ts.forEachChild(node, see);
  };
  see(source);
}

/** The kind of a declaration; undefined if the node declares nothing. */
function kindOf(node) {
  if (ts.isClassLike(node)) return "class";
  if (ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node)) return "interface";
  if (ts.isEnumDeclaration(node)) return "enum";
  if (ts.isFunctionLike(node)) return ts.isFunctionDeclaration(node) ? "function" : "method";
  if (ts.isPropertyDeclaration(node) || ts.isPropertySignature(node)) return "property";
  if (ts.isVariableDeclaration(node) || ts.isBindingElement(node)) return "variable";
  if (ts.isParameter(node)) return "parameter";
  return undefined;
}

function check(name, kind, file, line) {
  const words = name.split(/(?<=[a-z0-9])(?=[A-Z])|_/).map((word) => word.toLowerCase());
  const entry = replaced.find(
    (entry) =>
      name !== entry.except &&
      file.startsWith(entry.folder ?? "") &&
      (entry.kinds === undefined || entry.kinds.includes(kind)) &&
      (entry.name?.test(name) || words.some((word) => entry.word?.includes(word))),
  );
  if (entry !== undefined) found.push(`${file}:${line}: ${kind} ${name}: use ${entry.use}`);
}

function camel(name) {
  return name.replace(/-(\w)/g, (_, letter) => letter.toUpperCase());
}
