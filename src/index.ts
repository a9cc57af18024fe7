/** Berkeley sockets for TypeScript. */
export * as posix from "./posix/index.ts";
