/** A value as JSON on one line; the bytes of a name that is not UTF-8 as their numbers. */
export function json(value: unknown): string {
  return JSON.stringify(value, (_key, part) => (part instanceof Uint8Array ? [...part] : part));
}
