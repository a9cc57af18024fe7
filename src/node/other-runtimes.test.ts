// On runtimes whose node:net is not Node's own, such as Bun, modules that build on it say so.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import nodeNet from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { Fixture } from "../../test/fixture.ts";
import { except } from "../../test/platform.ts";
import { root } from "../../test/root.ts";
import { serve } from "./serve.ts";

const elsewhere = except({ node: "it has Node's own node:net", deno: "its node:net has what is needed" });

const sentence = (what: string) =>
  `${what} needs Node's own node:net, which this runtime implements differently: use ` +
  "listen() and connect() of berkeley";

const unavailable = (what: string) => ({
  code: "ERR_FEATURE_UNAVAILABLE_ON_PLATFORM",
  message: sentence(what),
});

test("other runtimes: importing berkeley/net", elsewhere, async () => {
  await assert.rejects(import("./net/index.ts"), unavailable("berkeley/net"));
});

test("other runtimes: serve()", elsewhere, async () => {
  await assert.rejects(serve(nodeNet.createServer(), { host: "127.0.0.1" }), unavailable("serve()"));
});

test("other runtimes: berkeley/register", elsewhere, async (context) => {
  const fixture = new Fixture(context);
  try {
    const program = join(fixture.folder(), "program.cjs");
    writeFileSync(program, "console.log('it ran')");
    const args = ["--preload", join(root, "dist/node/register.cjs"), program];
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: "utf8" });
    assert.notEqual(status, 0);
    assert.equal(stdout, "");
    assert.ok(stderr.includes(sentence("berkeley/register")), stderr);
  } finally {
    await fixture.end();
  }
});
