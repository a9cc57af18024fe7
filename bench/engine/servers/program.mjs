// Shared by the servers of bench/engine: the protocol of bench/engine.mjs.

/** Bun has its own call; in Node and Deno --expose-gc creates this one. */
const collect = globalThis.Bun ? () => globalThis.Bun.gc(true) : globalThis.gc;

/**
 * Reports where the server listens. From now on a line of input collects garbage, and the end of
 * input ends the process.
 */
export function serving(port) {
  process.stdin.on("data", () => {
    collect();
    console.log(JSON.stringify({ collected: true }));
  });
  process.stdin.on("end", () => process.exit());
  console.log(JSON.stringify({ port }));
}
