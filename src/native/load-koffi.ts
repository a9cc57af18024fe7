import { createRequire } from "node:module";

export type Koffi = typeof import("koffi");

/** Loads koffi, or throws an Error with the reason and advice. */
export function loadKoffi(): Koffi {
  const load = requireFunction();
  try {
    return load("koffi");
  } catch (error) {
    const cause = causeOf(error, load);
    throw new Error(`berkeley: koffi did not load: ${loadFailure(cause)}`, { cause });
  }
}

/**
 * Returns `require`, wherever this module was bundled: a CommonJS bundle has one but no
 * `import.meta.url`, an ES module only has the URL. A static import would work in both, but its
 * failure could not be caught, and koffi does not say why it failed.
 */
function requireFunction(): NodeJS.Require {
  const own = ownRequire();
  if (own === undefined) return require;
  // webpack hard-codes the location at bundling time into `import.meta.url`.
  if (typeof require === "function" && !finds(own)) return require;
  return own;
}

function finds(own: NodeJS.Require): boolean {
  try {
    own.resolve("koffi");
    return true;
  } catch {
    return false;
  }
}

function ownRequire(): NodeJS.Require | undefined {
  // Undefined in a CommonJS bundle, despite its type.
  const url: string | undefined = import.meta.url;
  return url === undefined ? undefined : createRequire(url);
}

const platform = `${process.platform}-${process.arch}`;

/** The package with koffi's binaries for this platform, an optional dependency of koffi. */
const binaries = `@koromix/koffi-${platform}`;

/**
 * The cause of a koffi error. koffi hides why the binary failed to load, and claims that there is
 * none.
 */
function causeOf(error: unknown, load: NodeJS.Require): unknown {
  if (codeOf(error) !== undefined) return error;
  try {
    createRequire(load.resolve("koffi"))(binaries);
  } catch (cause) {
    return cause;
  }
  return error;
}

function loadFailure(cause: unknown): string {
  const message = cause instanceof Error ? cause.message : String(cause);
  switch (codeOf(cause)) {
    case "MODULE_NOT_FOUND":
      return missing(message);
    case "ERR_DLOPEN_DISABLED":
      return process.permission === undefined || hasFlag("--no-addons")
        ? "native addons are disabled (--no-addons). Run node without that flag."
        : "Node's permission model refuses native addons. Run node with --allow-addons.";
    case "ERR_ACCESS_DENIED":
      return (
        `Node's permission model refused ${describe(cause)}. Run node with --allow-addons and ` +
        "--allow-fs-read for node_modules."
      );
    default:
      // dlopen's own text; Deno gives such errors no code.
      return message.includes("koffi.node") || codeOf(cause) === "ERR_DLOPEN_FAILED"
        ? `its binary for ${platform} cannot be used here: ${message}. ${adviceOn(message)}`
        : message;
  }
}

function missing(message: string): string {
  if (!message.includes(`'${binaries}'`)) {
    return message.includes("'koffi'")
      ? "it is not installed near this program. Run npm install; a bundle needs koffi in a node_modules " +
          "folder above it."
      : message;
  }
  return process.arch === "x64" || process.arch === "arm64"
    ? `its binary for ${platform}, the optional dependency ${binaries}, is not installed. ` +
        "Install again on this " +
        "platform, without --omit=optional or --no-optional."
    : `it has no binary for ${platform}. berkeley runs on x64 and arm64.`;
}

function adviceOn(message: string): string {
  if (/GLIBC(XX)?_[\d.]+' not found/.test(message)) return "It needs a newer C library than this system's.";
  if (/musl|ld-linux|libc\.so/.test(message)) return "It needs glibc or musl.";
  return "Delete node_modules and install again on this platform.";
}

/** The permission that was refused, as in Node's error: `FileSystemRead of /path`. */
function describe(error: unknown): string {
  const permission = property(error, "permission") ?? "access";
  const resource = property(error, "resource");
  return resource === undefined || resource === "" ? permission : `${permission} of ${resource}`;
}

const hasFlag = (flag: string) =>
  process.execArgv.includes(flag) || (process.env.NODE_OPTIONS ?? "").split(/\s+/).includes(flag);

const codeOf = (error: unknown) => property(error, "code");

function property(of: unknown, name: string): string | undefined {
  const value: unknown = typeof of === "object" && of !== null ? Reflect.get(of, name) : undefined;
  return typeof value === "string" ? value : undefined;
}
