// One of many processes that ask for a port at the same moment and listen on it. Each line of its
// standard input is a JSON object: `{ name, how, at }` asks for a port, at a time of the clock;
// `{ close: true }` gives it back. It answers each with a line.
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

/** The outcome: the port, and the error's code if another process was faster. */
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
