import { openLibrary } from "../src/native/library.ts";
import { onSimulatedHosts } from "./simulated.ts";

/**
 * Where a row runs: the system, `"musl"` for Linux with that C library, `"windows"` for every
 * Windows including Wine, and `"wine"` for Wine only; the runtime; and `"simulated"` for a
 * simulated host, which is like Linux. Several apply to one process.
 */
export type Platform =
  | "darwin"
  | "freebsd"
  | "linux"
  | "musl"
  | "windows"
  | "wine"
  | "bun"
  | "deno"
  | "node"
  | "simulated";

/** Where a row does not hold, and why. */
export type Exceptions = Partial<Record<Platform, string>>;

/** One of the exceptions: a platform that applies, and why the row does not hold there. */
export interface Exception {
  readonly platform: Platform;
  readonly reason: string;
}

const simulated: readonly Platform[] = ["simulated"];

/** The platforms that apply to this process. */
const platforms: readonly Platform[] = [...systems(), runtime(), ...(onSimulatedHosts ? simulated : [])];

function systems(): Platform[] {
  switch (process.platform) {
    case "win32":
      return isWine() ? ["windows", "wine"] : ["windows"];
    case "linux":
      return isMusl() ? ["linux", "musl"] : ["linux"];
    case "darwin":
    case "freebsd":
      return [process.platform];
    default:
      return [];
  }
}

/** Only glibc has a function that reports its version; musl has none. */
function isMusl(): boolean {
  try {
    openLibrary(null).func("gnu_get_libc_version", "void*", []);
    return false;
  } catch {
    return true;
  }
}

/** Why rows with more control messages do not hold there: CHBUF in musl's src/network/sendmsg.c. */
export const controlLimitOfMusl = "musl's sendmsg() takes at most 1024 bytes of control messages";

/**
 * Wine is recognized by its ntdll.dll, which reports its version (wine_get_version in
 * dlls/ntdll/version.c).
 */
function isWine(): boolean {
  try {
    openLibrary("ntdll.dll").func("wine_get_version", "void*", []);
    return true;
  } catch {
    return false;
  }
}

function runtime(): Platform {
  if ("bun" in process.versions) return "bun";
  return "deno" in process.versions ? "deno" : "node";
}

/** The first of the exceptions that applies to this process. */
export function exceptionHere(exceptions: Exceptions): Exception | undefined {
  for (const platform of platforms) {
    const reason = exceptions[platform];
    if (reason !== undefined) return { platform, reason };
  }
  return undefined;
}

/**
 * For a test outside a table: `test("…", except({ bun: "…" }), () => …)` is skipped there, with the
 * reason.
 */
export function except(exceptions: Exceptions): { skip: string | false } {
  return { skip: exceptionHere(exceptions)?.reason ?? false };
}

/** For tests that expect a reset from a peer. */
export const withoutResets: Exceptions = {
  wine: "Wine reads the end of data; Windows reports WSAECONNRESET (recv, WSAECONNRESET)",
};
