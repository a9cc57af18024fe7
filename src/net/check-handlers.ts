import { argumentType, checkObject, kind } from "../errors/argument.ts";

/** Throws a TypeError unless `handlers` is an object whose members of these names are functions. */
export function checkHandlersNamed<Name extends string>(
  names: readonly Name[],
  handlers: { readonly [Key in Name]?: unknown },
): void {
  checkObject("handlers", `{ ${names.map((name) => `${name}?`).join(", ")} }`, handlers);
  for (const name of names) {
    const handler: unknown = handlers[name];
    if (handler !== undefined && typeof handler !== "function")
      throw argumentType(`the handler ${name} must be a function, not ${kind(handler)}`);
  }
}
