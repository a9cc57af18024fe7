/** Finds the function in Node's own code that reads a Socket's handle: the caller's caller. */
export function asksForHandle(): "tls" | "child process" | undefined {
  const { prepareStackTrace, stackTraceLimit } = Error;
  const trace: { readonly stack?: unknown } = {};
  try {
    Error.prepareStackTrace = (_, [, , caller]) => {
      const file = caller?.getFileName() ?? "";
      const name = caller?.getFunctionName();
      if (name === "TLSSocket" && file.startsWith("node:")) return "tls";
      return name === "send" && file === "node:internal/child_process" ? "child process" : undefined;
    };
    Error.stackTraceLimit = 3;
    Error.captureStackTrace(trace);
    const { stack } = trace;
    return stack === "tls" || stack === "child process" ? stack : undefined;
  } finally {
    if (prepareStackTrace === undefined) Reflect.deleteProperty(Error, "prepareStackTrace");
    else Error.prepareStackTrace = prepareStackTrace;
    Error.stackTraceLimit = stackTraceLimit;
  }
}
