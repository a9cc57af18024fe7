import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { inspect } from "node:util";
import { Fixture } from "../../test/fixture.ts";
import { Holding } from "../../test/holding.ts";
import { except } from "../../test/platform.ts";
import { runSource } from "../../test/program.ts";
import { bind, tryBind } from "../posix/bind.ts";
import { AF, SOCK } from "../posix/constants.ts";
import { getsockname } from "../posix/getsockname.ts";
import type { Socket } from "../posix/owned-socket.ts";
import { socket } from "../posix/socket.ts";
import { installErrorExplanations } from "./error-explanations.ts";

installErrorExplanations();

const pipes = except({ wine: "under Wine, Node ends at once where its output is a pipe" });
const closedAtOnce = except({ wine: "Wine lists a socket for a moment after its process has ended" });
const stackIsWrittenOnReading = except({
  bun: "JavaScriptCore writes the first line of a stack when the error is thrown, with the call's own words",
});

const quiet = { family: "ipv4", address: "127.83.0.4", port: 0 } as const;

function thrownBy(call: () => void): Error {
  try {
    call();
  } catch (error) {
    assert.ok(error instanceof Error);
    return error;
  }
  return assert.fail("it threw nothing");
}

/** Asserts that an error of `bind()`, read in this way, names the holder of the address. */
async function saysWho(context: TestContext, read: (error: Error) => string): Promise<void> {
  const holding = await Holding.start(context, { sockets: [{ address: quiet, backlog: 1 }] });
  const { address } = holding;
  assert.ok(address.family === "ipv4");
  const endpoint = `127\\.83\\.0\\.4:${address.port}`;
  const told =
    `bind EADDRINUSE ${endpoint}: held by \\S+ \\(pid ${holding.pid}, user .*\\); ` +
    `run: berkeley free ${endpoint}`;
  using other = socket(AF.INET, SOCK.STREAM);
  assert.match(read(thrownBy(() => bind(other, address))), new RegExp(told));
}

test("the message of an error from bind() names the holder of the address", (context) =>
  saysWho(context, (error) => error.message));

for (const [where, read] of [
  ["its stack", (error: Error) => error.stack ?? ""],
  ["its text when it is printed", (error: Error) => inspect(error)],
] as const) {
  test(`an error from bind() names the holder of the address: ${where}`, stackIsWrittenOnReading, (context) =>
    saysWho(context, read),
  );
}

test("its stack begins with its name and a message", (context) => {
  const fixture = new Fixture(context);
  const bound = fixture.boundTcp();
  assert.match(thrownBy(() => bind(bound, quiet)).stack ?? "", /^AlreadyBound: bind EINVAL .+\n/);
  fixture.closeAll();
});

test("errors that tryBind() returns are not explained", async (context) => {
  const holding = await Holding.start(context, { sockets: [{ address: quiet, backlog: 1 }] });
  using other = socket(AF.INET, SOCK.STREAM);
  const result = tryBind(other, { ...quiet, port: "port" in holding.address ? holding.address.port : 0 });
  assert.ok(!result.ok);
  assert.match(result.error.message, /The port is in use/);
});

test(
  "the explanation is made when first read, and kept; if the address is free by then, the call's own message is used",
  closedAtOnce,
  async (context) => {
    const fixture = new Fixture(context);
    const holding = await Holding.start(context, { sockets: [{ address: quiet, backlog: 1 }] });
    assert.ok(holding.address.family === "ipv4");
    const { address } = holding;
    const [early, late] = [1, 2].map(() => thrownBy(() => bind(fixture.tcp(), address)));
    const said = early?.message;
    assert.match(said ?? "", /held by/);
    await holding.stop();
    assert.equal(early?.message, said);
    assert.match(late?.message ?? "", /The port is in use/);
    fixture.closeAll();
  },
);

test("a message can be assigned; other errors keep theirs", (context) => {
  const fixture = new Fixture(context);
  const listener = fixture.tcp();
  bind(listener, quiet);
  const error = thrownBy(() => bind(fixture.tcp(), { ...quiet, port: portOf(listener) }));
  error.message = "mine";
  assert.equal(error.message, "mine");
  assert.match(thrownBy(() => bind(listener, quiet)).message, /^bind EINVAL .*: The socket is already bound/);
  fixture.closeAll();
});

test("an uncaught error prints it", pipes, async (context) => {
  const holding = await Holding.start(context, { sockets: [{ address: quiet, backlog: 1 }] });
  const index = JSON.stringify(new URL("../index.js", import.meta.url).href);
  const program = `import { posix } from ${index}; posix.bind(posix.socket(posix.AF.INET, posix.SOCK.STREAM), ${JSON.stringify(holding.address)});`;
  const { stderr } = runSource(program);
  assert.match(stderr, new RegExp(`AddressInUse: bind EADDRINUSE .*held by \\S+ \\(pid ${holding.pid},`));
});

function portOf(bound: Socket): number {
  const address = getsockname(bound);
  assert.ok(address.family === "ipv4");
  return address.port;
}
