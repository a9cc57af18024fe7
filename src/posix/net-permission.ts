const { permission } = enforcedModel();

/**
 * Throws as Node's own sockets do when the permission model is on and `--allow-net` was not given,
 * or was dropped. Sockets already open keep working, as Node's do.
 *
 * @param resource the subject of the call, for the error: an address, or options with a path or a
 * host
 */
export function checkNetPermission(resource?: object): void {
  if (permission !== undefined && !permission.has("net")) throw accessDenied(resource);
}

/**
 * Node's permission model; undefined if it is off or does not know `--allow-net`. Before Node 25,
 * `has("net")` is false, as for any unknown scope, and Node does not restrict its own sockets.
 */
function enforcedModel(): { readonly permission?: typeof process.permission } {
  // A browser has no `process`.
  const { process } = globalThis;
  const permission = process?.permission;
  if (permission === undefined || !process.allowedNodeEnvironmentFlags.has("--allow-net")) return {};
  // With --permission-audit, has() answers as if the model were on, but nothing is restricted.
  const flags = [...process.execArgv, ...(process.env.NODE_OPTIONS ?? "").split(/\s+/)];
  return flags.includes("--permission-audit") ? {} : { permission };
}

/**
 * The error from Node's src/permission/permission.cc (CreateAccessDeniedError), with its properties
 * in the same order.
 */
function accessDenied(resource: object | undefined): Error {
  const error = new Error("Access to this API has been restricted. Use --allow-net to manage permissions.");
  Error.captureStackTrace(error, checkNetPermission);
  const what = ["path", "address", "host"]
    .map((name) => (typeof resource === "object" && resource !== null ? Reflect.get(resource, name) : ""))
    .find((value) => typeof value === "string");
  return Object.assign(error, {
    code: "ERR_ACCESS_DENIED",
    permission: "Net",
    resource: what ?? "",
  });
}
