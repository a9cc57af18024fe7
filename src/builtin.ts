/** The Node modules that are unavailable in a browser. */
interface BuiltIns {
  readonly "node:async_hooks": typeof import("node:async_hooks");
  readonly "node:crypto": typeof import("node:crypto");
  readonly "node:dgram": typeof import("node:dgram");
  readonly "node:diagnostics_channel": typeof import("node:diagnostics_channel");
  readonly "node:dns": typeof import("node:dns");
  readonly "node:fs": typeof import("node:fs");
  readonly "node:http": typeof import("node:http");
  readonly "node:module": typeof import("node:module");
  readonly "node:net": typeof import("node:net");
  readonly "node:os": typeof import("node:os");
  readonly "node:perf_hooks": typeof import("node:perf_hooks");
  readonly "node:process": typeof import("node:process");
  readonly "node:stream": typeof import("node:stream");
  readonly "node:stream/web": typeof import("node:stream/web");
  readonly "node:timers": typeof import("node:timers");
  readonly "node:timers/promises": typeof import("node:timers/promises");
  readonly "node:util": typeof import("node:util");
  readonly "node:util/types": typeof import("node:util/types");
  readonly "node:worker_threads": typeof import("node:worker_threads");
}

/**
 * Returns a Node module; undefined in a browser. With an import, `berkeley/simulated` could not be
 * bundled for browsers. A module that few programs need is loaded by the call that needs it:
 * loading node:crypto alone takes a third as long as loading this package.
 */
export function builtin<Name extends keyof BuiltIns>(name: Name): BuiltIns[Name] | undefined {
  // Bundlers for browsers leave `process` undefined. The declaration has no such generic result.
  return globalThis.process?.getBuiltinModule?.(name) as BuiltIns[Name] | undefined;
}
