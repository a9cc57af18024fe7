// The words of a packetdrill script. Keywords are plain words here: only the parser, which knows
// where it is, tells `ack` the field from `ack` the word of a note.

export type Token =
  | { readonly kind: "integer"; readonly value: number; readonly hex: boolean; readonly text: string }
  | { readonly kind: "float"; readonly value: number; readonly text: string }
  | TextToken<"word">
  | TextToken<"string">
  | TextToken<"shell">
  | TextToken<"code">
  | TextToken<"address">
  | TextToken<"sign">
  | { readonly kind: "option"; readonly text: string; readonly value: string | undefined }
  | { readonly kind: "end"; readonly text: "" };

interface TextToken<Kind extends string> {
  readonly kind: Kind;
  readonly text: string;
}

export type LocatedToken = Token & { readonly line: number };

/** A script that cannot be read, or that did not go as written: `file:line: message`. */
export class ScriptError extends Error {
  readonly line: number;

  constructor(line: number, message: string) {
    super(message);
    this.name = "ScriptError";
    this.line = line;
  }
}

const BLANK = /(?:[ \t\r\n]+|\/\/[^\n]*|\/\*[\s\S]*?\*\/)+/y;
const OPTION = /--([a-zA-Z0-9_]+)(?:=("(?:\\.|[^"])*"|[^\s"]+(?:"(?:\\.|[^"])*")?))?/y;
const CODE = /%\{([\s\S]*?)\}%/y;
const STRING = /"((?:\\.|[^"])*)"/y;
const SHELL = /`((?:\\[\s\S]|[^`])*)`/y;
const IPV4 = /[0-9]+\.[0-9]+\.[0-9]+\.[0-9]+(?:\/[0-9]+)?/y;
/** A pair of colons, or all eight groups: `1:1001(1000)` is a range of sequence numbers. */
const IPV6 =
  /(?:[0-9a-fA-F]{1,4}:){7}[0-9a-fA-F]{1,4}|(?:[0-9a-fA-F]{1,4}(?::[0-9a-fA-F]{1,4})*)?::(?:[0-9a-fA-F]{1,4}(?::[0-9a-fA-F]{1,4})*(?::[0-9.]+)?)?/y;
const ELLIPSIS = /\.\.\./y;
const FLOAT = /-?[0-9]*\.[0-9]+/y;
const HEX = /0x[0-9a-fA-F]+/y;
const INTEGER = /-?[0-9]+(?![a-zA-Z0-9_])/y;
const WORD = /[a-zA-Z0-9_]+/y;

/**
 * Splits a script into words. `defines` are the symbols of `--define=NAME=value`, which stand for
 * their values from then on.
 */
export function tokens(script: string, defines = new Map<string, string>()): LocatedToken[] {
  const found: LocatedToken[] = [];
  let at = 0;
  let line = 1;
  const match = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    return pattern.exec(script);
  };
  while (at < script.length) {
    const blank = match(BLANK);
    if (blank !== null) {
      line += newlines(blank[0]);
      at += blank[0].length;
      continue;
    }
    const read = readToken(match, script, at, line);
    const { token } = read;
    const define = token.kind === "word" ? defines.get(token.text) : undefined;
    found.push(...(define === undefined ? [{ ...token, line }] : tokens(define).slice(0, -1)));
    if (token.kind === "option" && token.text === "define") {
      const [, name = "", value = ""] = /^([^=]*)=([\s\S]*)$/.exec(token.value ?? "") ?? [];
      defines.set(name, value);
    }
    const text = script.slice(at, at + read.length);
    line += newlines(text);
    at += read.length;
  }
  found.push({ kind: "end", text: "", line });
  return found;
}

interface ReadToken {
  readonly token: Token;
  readonly length: number;
}

function readToken(
  match: (pattern: RegExp) => RegExpExecArray | null,
  script: string,
  at: number,
  line: number,
): ReadToken {
  const option = match(OPTION);
  if (option !== null) {
    const [text, name = "", value] = option;
    return { token: { kind: "option", text: name, value: unquoted(value) }, length: text.length };
  }
  for (const [pattern, kind] of delimited) {
    const found = match(pattern);
    if (found !== null) return { token: { kind, text: found[1] ?? "" }, length: found[0].length };
  }
  const address = match(IPV4) ?? match(IPV6);
  if (address !== null) return { token: { kind: "address", text: address[0] }, length: address[0].length };
  if (match(ELLIPSIS) !== null) return { token: { kind: "sign", text: "..." }, length: 3 };
  const float = match(FLOAT);
  if (float !== null) {
    const [text] = float;
    return { token: { kind: "float", value: Number(text), text }, length: text.length };
  }
  const integer = match(HEX) ?? match(INTEGER);
  if (integer !== null) {
    const [text] = integer;
    const token: Token = { kind: "integer", value: Number(text), hex: text.startsWith("0x"), text };
    return { token, length: text.length };
  }
  const word = match(WORD);
  if (word !== null) return { token: { kind: "word", text: word[0] }, length: word[0].length };
  const sign = script.charAt(at);
  if (sign === "`" || sign === '"') throw new ScriptError(line, `${sign} is never closed`);
  return { token: { kind: "sign", text: sign }, length: 1 };
}

const delimited = [
  [CODE, "code"],
  [STRING, "string"],
  [SHELL, "shell"],
] as const;

const newlines = (text: string): number => text.split("\n").length - 1;

const unquoted = (value: string | undefined): string | undefined => value?.replace(/^"([\s\S]*)"$/, "$1");
