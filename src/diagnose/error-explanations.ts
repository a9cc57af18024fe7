import { formatEndpoint } from "../errors/error-set.ts";
import { provideExplanations } from "../errors/explanation.ts";
import type { SocketError } from "../errors/socket-error.ts";
import { explain } from "./explain.ts";

/**
 * Makes the error messages of bind() and listen() explain the cause. `berkeley` and
 * `berkeley/diagnose` call this when they are loaded; `berkeley/posix` alone does not.
 */
export function installErrorExplanations(): void {
  provideExplanations(explanationOf);
}

/** `listen EADDRINUSE 127.0.0.1:3000: held by node (pid 4121, …); run berkeley free 3000`. */
function explanationOf(error: SocketError): string | undefined {
  if (error.syscall !== "bind" && error.syscall !== "listen") return undefined;
  if (!["AccessDenied", "AddressInUse", "AddressNotAvailable"].includes(error.name)) return undefined;
  const { address, port, path } = error;
  if (address === undefined && path === undefined) return undefined;
  const { verdict, message, advice } = explain(error);
  // If it is free by now, or unknown, the call's own message is better.
  if (verdict === "free" || verdict === "unknown") return undefined;
  const where = formatEndpoint({
    ...(address === undefined ? {} : { address }),
    ...(port === undefined ? {} : { port }),
    ...(path === undefined ? {} : { path }),
  });
  const [first] = advice;
  const hint =
    first === undefined ? "" : `; ${first.command === undefined ? first.message : `run: ${first.command}`}`;
  return `${error.syscall} ${error.code} ${where}: ${message}${hint}`;
}
