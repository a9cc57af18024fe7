const { permission } = enforcedModel();

/**
 * Throws as Node's own sockets do where its permission model is on and `--allow-net` was not given,
 * or was dropped. What is open by then goes on, as Node's does.
 *
 * @param resource what the call is about, for the error: an address, or options that have a path or
 * a host
 */
export function checkNetPermission(resource?: object): void {
  if (permission !== undefined && !permission.has("net")) throw accessDenied(resource);
}

/**
 * Node's permission model; undefined where it is off, or has no `--allow-net`: before Node 25,
 * `has("net")` is false like that of any unknown word, and Node's own sockets are not refused.
 */
function enforcedModel(): { readonly permission?: typeof process.permission } {
  const { permission } = process;
  if (permission === undefined || !process.allowedNodeEnvironmentFlags.has("--allow-net")) return {};
  // It answers has() as if it were on, and refuses nothing.
  const flags = [...process.execArgv, ...(process.env.NODE_OPTIONS ?? "").split(/\s+/)];
  return flags.includes("--permission-audit") ? {} : { permission };
}

/**
 * The error of Node's src/permission/permission.cc (CreateAccessDeniedError), with its properties
 * in that order.
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
