// What the servers of bench/engine share: how bench/engine.mjs speaks to them.

/** Bun has its own call; in Node and Deno --expose-gc makes this one. */
const collect = globalThis.Bun ? () => globalThis.Bun.gc(true) : globalThis.gc;

/**
 * Tells where the server listens. From now on a line of input collects garbage, and the end of
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
