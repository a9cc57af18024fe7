// One of many processes that ask for a port at the same moment and listen on it. Its standard input
// says what to do, a JSON object a line: `{ name, how, at }` asks, at a time of the clock;
// `{ close: true }` gives it back. Each is answered by a line.
import { createInterface } from "node:readline";
import { setTimeout } from "node:timers/promises";
import { FIRST, finder, LAST, names } from "./finders.mjs";

const finders = Object.fromEntries(await Promise.all(names.map(async (name) => [name, await finder(name)])));
let held;
tell({ ready: true });
for await (const line of createInterface({ input: process.stdin })) {
  const { name, how, at, close } = JSON.parse(line);
  if (close) {
    await held?.close();
    held = undefined;
    tell({ closed: true });
  } else {
    await setTimeout(at - Date.now());
    tell(await ask(finders[name], how));
  }
}

/** What became of it: the port, and the code of the error where somebody else was faster. */
async function ask(its, how) {
  its.forget?.();
  try {
    const got = await its[how]();
    const outside = how === "range" && (got.port < FIRST || got.port > LAST);
    try {
      await got.listen();
      held = got;
      return { port: got.port, outside };
    } catch (error) {
      return { port: got.port, outside, collision: error.code };
    }
  } catch (error) {
    return { failed: error.message };
  }
}

function tell(answer) {
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
