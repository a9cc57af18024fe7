// `berkeley hold --unix` with programs that spell the path differently, or remove it first.
import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createConnection } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { plainEnvironment, readAll } from "../../test/command.ts";
import { HeldProcess, inherited } from "../../test/held-process.ts";

function folder(context: TestContext): string {
  const made = mkdtempSync(join(tmpdir(), "held path "));
  context.after(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

/** A server on the path in its environment. */
const server = (before: string) => `
  const server = require("node:net").createServer((socket) => socket.end(String(process.pid)));
  const listen = () => server.listen(process.env.LISTEN, () => console.log("listens " + process.pid));
  ${before}`;

/** Runs a server in a folder with `app/` and a link to it; checks that clients reach it there. */
async function serves(context: TestContext, listen: string, name: string, program: string) {
  const cwd = folder(context);
  mkdirSync(join(cwd, "app"));
  symlinkSync("app", join(cwd, "link"));
  writeFileSync(join(cwd, name), program);
  const env = { ...plainEnvironment, LISTEN: listen.replace("$CWD", cwd) };
  const path = join(cwd, "app/socket");
  const held = new HeldProcess(context, ["--unix", "app/socket", "--", process.execPath, name], { cwd, env });
  for (let start = 1; start <= 2; start++) {
    const [, pid] = await held.says(/listens (\d+)/, start);
    assert.equal(await readAll(createConnection(path)), pid);
    if (start === 1) held.child.kill("SIGUSR2");
  }
  held.child.kill("SIGTERM");
  await held.ended;
  assert.ok(!existsSync(path), "hold removes the path");
}

for (const listen of [
  "app/socket",
  "./app/../app/socket",
  "$CWD/app/socket",
  "link/socket",
  "$CWD/link/socket",
])
  test(`hold --unix app/socket: a server on ${listen} gets it`, inherited, (context) =>
    serves(context, listen, "server.cjs", server("listen();")),
  );

const removals: Readonly<Record<string, string>> = {
  unlinkSync: `fs.unlinkSync(process.env.LISTEN); listen();`,
  unlink: `fs.unlink(process.env.LISTEN, (error) => { if (error) throw error; listen(); });`,
  "promises.unlink": `fs.promises.unlink(process.env.LISTEN).then(listen);`,
  "rmSync of a Buffer": `fs.rmSync(Buffer.from(process.env.LISTEN), { force: true }); listen();`,
  "rm of a URL": `fs.rm(require("node:url").pathToFileURL(process.env.LISTEN), { force: true }, listen);`,
  "promises.rm": `require("node:fs/promises").rm(process.env.LISTEN, { force: true }).then(listen);`,
};
for (const [how, removal] of Object.entries(removals))
  test(`hold --unix: ${how} of the path before listen() leaves it`, inherited, (context) => {
    const program = server(`const fs = require("node:fs"); ${removal}`);
    return serves(context, "link/socket", "server.cjs", program);
  });

test("hold --unix: an ES module removes the path, and really removes another file", inherited, (context) => {
  const program = `
    import { existsSync, rmSync, unlinkSync, writeFileSync } from "node:fs";
    import { createServer } from "node:net";
    for (const remove of [rmSync, unlinkSync]) {
      remove(process.env.LISTEN);
      writeFileSync("other", "");
      remove("other");
      if (existsSync("other")) throw new Error("it is still there");
    }
    createServer((socket) => socket.end(String(process.pid)))
      .listen(process.env.LISTEN, () => console.log("listens " + process.pid));`;
  return serves(context, "app/socket", "server.mjs", program);
});

test(
  "hold --unix: a server whose path a script has removed listens on its own",
  inherited,
  async (context) => {
    const cwd = folder(context);
    writeFileSync(join(cwd, "server.cjs"), server("listen();"));
    const env = { ...plainEnvironment, LISTEN: "socket" };
    const script = `rm -f socket; '${process.execPath}' server.cjs`;
    const held = new HeldProcess(context, ["--unix", "socket", "--", "sh", "-c", script], { cwd, env });
    const [, pid] = await held.says(/listens (\d+)/);
    assert.equal(await readAll(createConnection(join(cwd, "socket"))), pid);
  },
);
