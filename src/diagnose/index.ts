export { type ExplainOptions, explain } from "./explain.ts";
export type * from "./explanation.ts";
export type * from "./open-socket.ts";
export type { Holder } from "./process.ts";
