// node measure.mjs ROUNDS SOCKETS: every measurement with sockets of our own, in the current
// network namespace. Prints the figures of the rounds as JSON.
import { join } from "node:path";
import { root } from "../../scripts/install-and-build.mjs";
import { names } from "./finders.mjs";
import { answerOf, conversation, program, timed } from "./start.mjs";

const [rounds, sockets] = process.argv.slice(2).map(Number);
const PROCESSES = 50;
const CALLS = { any: 100, range: 20 };
/** By this time every process has received the request. */
const NOTICE = 60;
/** The exit status of `berkeley why` for a port in use. */
const TAKEN = 1;
const CASES = ["any", "range"];

const finding = names.flatMap((by) => CASES.map((how) => ({ by, how, samples: [] })));
const collisions = names.flatMap((by) => CASES.map((how) => ({ by, how, samples: [] })));
const telling = [];

for (let round = 0; round < rounds; round++) {
  for (const { by, how, samples } of finding)
    samples.push(answerOf(program("find-here.mjs", by, how, CALLS[how])));
  report(`finding, round ${round + 1} of ${rounds}`);
}

const askers = Array.from({ length: PROCESSES }, () => conversation(program("collide-here.mjs")));
for (const asker of askers) await asker.answer();
for (let round = 0; round < rounds; round++) {
  for (const { by, how, samples } of collisions) samples.push(await collide(by, how));
  report(`${PROCESSES} at once, round ${round + 1} of ${rounds}`);
}
for (const asker of askers) await asker.end();

for (const holders of [1, 10]) await tell(holders);
console.log(JSON.stringify({ processes: PROCESSES, calls: CALLS, finding, collisions, telling }));

/** How many of the processes found no port, or one that another had taken when they listened. */
async function collide(name, how) {
  const at = Date.now() + NOTICE;
  for (const asker of askers) asker.tell({ name, how, at });
  const answers = [];
  for (const asker of askers) answers.push(await asker.answer());
  for (const asker of askers) asker.tell({ close: true });
  for (const asker of askers) await asker.answer();
  const unexpected = answers.find(({ collision }) => collision !== undefined && collision !== "EADDRINUSE");
  if (unexpected !== undefined) throw new Error(`${name}: ${unexpected.collision}`);
  return {
    collisions: answers.filter(({ collision }) => collision !== undefined).length,
    failed: answers.filter(({ failed }) => failed !== undefined).length,
    outside: answers.filter(({ outside }) => outside).length,
  };
}

/** This many sockets, in this many processes; each round asks about a different one. */
async function tell(holders) {
  const holding = Array.from({ length: holders }, () =>
    conversation(program("hold.mjs", Math.floor(sockets / holders))),
  );
  const ports = (await Promise.all(holding.map(({ answer }) => answer()))).flat();
  const berkeley = [process.execPath, join(root, "dist/cli/main.js")];
  const commands = {
    node: () => [process.execPath, "-e", "0"],
    why: (port) => [...berkeley, "why", `127.0.0.1:${port}`],
    "lsof -i :PORT": (port) => ["lsof", "-nP", "-i", `:${port}`, "-sTCP:LISTEN"],
    "ss sport = :PORT": (port) => ["ss", "-ltnp", `sport = :${port}`],
    ports: () => [...berkeley, "ports", "--json"],
    "lsof -i": () => ["lsof", "-nP", "-iTCP", "-sTCP:LISTEN"],
    ss: () => ["ss", "-ltnp"],
  };
  const cases = Object.entries(commands).map(([by, command]) => ({ by, command, samples: [] }));
  const inside = ["explain", "listeners"].map((by) => ({ by, samples: [] }));
  for (let round = 0; round < rounds; round++) {
    const port = ports[Math.floor((ports.length * (round + 0.5)) / rounds)];
    for (const { by, command, samples } of cases)
      samples.push(timed(command(port), by === "why" ? TAKEN : 0));
    const told = answerOf(program("tell-here.mjs", port, 5));
    for (const { by, samples } of inside) samples.push(told[by]);
    report(`${sockets} sockets of ${holders} processes, round ${round + 1} of ${rounds}`);
  }
  for (const { end } of holding) await end();
  telling.push({ holders, sockets, commands: cases.map(({ by, samples }) => ({ by, samples })), inside });
}

function report(text) {
  process.stderr.write(`\r${text}\u001b[K${process.stderr.isTTY ? "" : "\n"}`);
}
