// docs/names.md: the names of CPython's socket, socket2 and rustix, and berkeley's for them, made
// of docs/names.json.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as posix from "../src/posix/index.ts";
import { root } from "./root.ts";

/** A library that users come from. */
export interface Peer {
  readonly name: string;
  /** The version whose names these are, and where they were read. */
  readonly version: string;
  readonly source: string;
  /** Its names, and what berkeley has for each, as Markdown. */
  readonly names: Readonly<Record<string, string>>;
  /** The names that berkeley has nothing for, and why. */
  readonly leftOut: Readonly<Record<string, string>>;
}

export const peers: readonly Peer[] = JSON.parse(readFileSync(join(root, "docs/names.json"), "utf8"));

const intro = `# Names

Coming from Python or Rust? Look up any name of CPython's \`socket\`, socket2 or rustix's \`net\` (on
Linux) to find berkeley's name for it. Each list ends with the names that berkeley leaves out, and
why. Names without a module are in \`berkeley/posix\`.

- Constants keep their C names, with a dot: AF_INET is \`AF.INET\`, and SO_REUSEADDR is
  \`SO.REUSEADDR\`. An option brings its level and type: \`setsockopt(socket, SO.REUSEADDR, true)\`.
- Calls keep their C names: \`recv()\`, \`getaddrinfo()\`. Each has a form that returns its errors
  instead of throwing them: \`tryRecv()\`.
- Addresses and control messages are objects: \`{ family: "ipv4", address: "127.0.0.1", port: 80 }\`,
  \`{ type: "SCM_RIGHTS", descriptors: [3] }\`.
- Sockets are blocking, as in C; the asynchronous API is \`berkeley\`.

docs/names.json has the lists, from which \`node scripts/peer-names.mjs\` writes this page; a test
checks that berkeley has every name in it.
`;

export function namesPage(peers: readonly Peer[]): string {
  return [intro, ...peers.map(section)].join("\n");
}

function section({ name, version, source, names, leftOut }: Peer): string {
  const count = Object.keys(names).length + Object.keys(leftOut).length;
  return [
    `## ${name}`,
    "",
    `${count} names of ${version}, from`,
    `${source}.`,
    "",
    ...(Object.keys(names).length === 0 ? [] : [...table("berkeley", grouped(names)), ""]),
    `### Left out of ${name}`,
    "",
    ...table("Why", byText(leftOut)),
    "",
  ].join("\n");
}

function table(
  right: string,
  rows: readonly (readonly [names: readonly string[], text: string])[],
): string[] {
  const lines = rows.map(([names, text]) => `| ${names.map((name) => `\`${name}\``).join(", ")} | ${text} |`);
  return [`| Name | ${right} |`, "| --- | --- |", ...lines];
}

/** The names that share a text, in the order of the first. */
function byText(texts: Readonly<Record<string, string>>): [names: string[], text: string][] {
  const groups = new Map<string, string[]>();
  for (const [name, text] of Object.entries(texts)) groups.set(text, [...(groups.get(text) ?? []), name]);
  return [...groups].map(([text, names]) => [names, text]);
}

/** A constant of a group: `AF.INET` or `ETH_P["8021Q"]`. */
const CONSTANT = /^`([A-Z]\w*)(?:\.(\w+)|\["(\w+)"\])`$/;

/** Functions and types first, then constants, those of a group that keep their key in one row. */
function grouped(texts: Readonly<Record<string, string>>): [names: string[], text: string][] {
  const merged = Object.entries(texts).map(([name, text]): [name: string, text: string] => {
    const [, group, key, quotedKey] = CONSTANT.exec(text) ?? [];
    const kept = name.endsWith(key ?? quotedKey ?? "\0");
    return [name, kept ? `\`${group}.…\`, with the same end` : text];
  });
  const isConstant = ([, text]: readonly [string[], string]) => /^`[A-Z]\w*[.[]/.test(text);
  const rows = byText(Object.fromEntries(merged));
  return [...rows.filter((row) => !isConstant(row)), ...rows.filter(isConstant)];
}

/** The reports of what the package exports, in which every name of the API occurs. */
const reports = readdirSync(join(root, "api")).map((file) => readFileSync(join(root, "api", file), "utf8"));
const words = new Set(reports.join("\n").match(/[\w$]+/g));

/** The names in the code of the texts that berkeley does not have: none, or the page is stale. */
export function unknownNames(peers: readonly Peer[]): string[] {
  return peers.flatMap(({ names }) =>
    Object.entries(names).flatMap(([name, text]) =>
      [...text.matchAll(/`([^`]+)`/g)]
        .flatMap(([, code = ""]) => partsOf(code))
        .filter((part) => !isKnown(part))
        .map((part) => `${name}: ${part}`),
    ),
  );
}

/** `AF.INET` is one part; in `connection.sendFile()` and `{ type: "SCM_RIGHTS" }` each word is. */
function partsOf(code: string): string[] {
  if (/^"[\da-f:]+"$/.test(code)) return [];
  return code.match(/[A-Z][A-Z0-9_]*(?:\.\w+|\["\w+"\])|[A-Za-z_]\w*/g) ?? [];
}

/** Words of examples, which are arguments and not names of berkeley. */
const ofExamples = new Set(["bytes", "text", "true", "false"]);

function isKnown(part: string): boolean {
  const [group = "", key] = part.split(/[.[\]"]+/);
  if (key === undefined) return words.has(part) || ofExamples.has(part) || part === "berkeley";
  const constants: unknown = Reflect.get(posix, group);
  return typeof constants === "object" && constants !== null && key in constants;
}
