import { defined } from "../../src/invariant.ts";
import { type LocatedToken, ScriptError, type Token } from "./tokens.ts";

type OfKind<Kind extends Token["kind"]> = Extract<LocatedToken, { kind: Kind }>;

/** A script's words, one after the other. */
export class TokenReader {
  readonly #tokens: readonly LocatedToken[];
  #at = 0;

  constructor(tokens: readonly LocatedToken[]) {
    this.#tokens = tokens;
  }

  peek(ahead = 0): LocatedToken {
    const last = this.#tokens.length - 1;
    return defined(this.#tokens[Math.min(this.#at + ahead, last)], "the last token is the end");
  }

  next(): LocatedToken {
    const token = this.peek();
    this.#at += 1;
    return token;
  }

  /** The next word, if it is of this kind. */
  take<Kind extends Token["kind"]>(kind: Kind): OfKind<Kind> | undefined {
    const token = this.peek();
    if (!isOf(token, kind)) return undefined;
    this.#at += 1;
    return token;
  }

  takeSign(sign: string): boolean {
    return this.#takeText("sign", sign);
  }

  takeWord(word: string): boolean {
    return this.#takeText("word", word);
  }

  expectSign(sign: string): void {
    if (!this.takeSign(sign)) this.fail(`expected ${sign}`);
  }

  integer(what: string): number {
    return this.take("integer")?.value ?? this.fail(`expected ${what}`);
  }

  fail(message: string, line = this.peek().line): never {
    const { kind, text } = this.peek();
    throw new ScriptError(line, `${message}, at ${kind === "end" ? "the end" : JSON.stringify(text)}`);
  }

  #takeText(kind: "sign" | "word", text: string): boolean {
    const token = this.peek();
    const found = token.kind === kind && token.text === text;
    if (found) this.#at += 1;
    return found;
  }
}

function isOf<Kind extends Token["kind"]>(token: LocatedToken, kind: Kind): token is OfKind<Kind> {
  return token.kind === kind;
}
