import { builtin } from "../builtin.ts";
import { currentScope } from "./context.ts";
import type { Patches } from "./patches.ts";

// The Date header of a response. node:http writes it with the Date that it captured when Node
// started (utcDate() in lib/internal/http.js), which cannot be replaced, so this rewrites the line.

/** The method that writes a message's header, in lib/_http_outgoing.js. */
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

/** Whether the program set the header itself, in any form that writeHead() accepts. */
function hasDate(headers: unknown): boolean {
  if (typeof headers !== "object" || headers === null) return false;
  const names = !Array.isArray(headers)
    ? Object.keys(headers)
    : Array.isArray(headers[0])
      ? headers.map(([name]) => name)
      : headers.filter((_, index) => index % 2 === 0);
  return names.some((name) => String(name).toLowerCase() === "date");
}
