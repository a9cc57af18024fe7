import { builtin } from "../builtin.ts";
import { currentScope } from "./context.ts";
import type { Patches } from "./patches.ts";

// The Date header of an answer. node:http writes it with the Date that it took when Node started
// (utcDate() in lib/internal/http.js), which nothing can replace, so the line is written again.

/** What writes the head of a message, in lib/_http_outgoing.js. */
const WRITER = "_storeHeader";

interface OutgoingMessage {
  readonly sendDate: boolean;
  _header: string | null;
}

export function patchHttpDate(patches: Patches): void {
  const prototype: object | undefined = builtin("node:http")?.OutgoingMessage?.prototype;
  const write: unknown = prototype && Reflect.get(prototype, WRITER);
  if (typeof write !== "function") return;
  patches.replace(prototype, WRITER, function (this: OutgoingMessage, line: string, headers: unknown) {
    Reflect.apply(write, this, [line, headers]);
    if (currentScope() === undefined || !this.sendDate || hasDate(headers)) return;
    this._header = this._header?.replace(/^Date: .*$/m, `Date: ${new Date().toUTCString()}`) ?? null;
  });
}

/** Whether the program gave the header itself, in any form that writeHead() takes. */
function hasDate(headers: unknown): boolean {
  if (typeof headers !== "object" || headers === null) return false;
  const names = !Array.isArray(headers)
    ? Object.keys(headers)
    : Array.isArray(headers[0])
      ? headers.map(([name]) => name)
      : headers.filter((_, index) => index % 2 === 0);
  return names.some((name) => String(name).toLowerCase() === "date");
}
