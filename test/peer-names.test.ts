import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { namesPage, type Peer, peers, unknownNames } from "./peer-names.ts";
import { except } from "./platform.ts";
import { root } from "./root.ts";

const onLinux = except({
  windows: "it has fewer constants",
  darwin: "it has fewer constants",
  freebsd: "it has fewer constants",
});

test("docs/names.md is docs/names.json's", () => {
  const page = readFileSync(join(root, "docs/names.md"), "utf8");
  assert.equal(page, namesPage(peers), "it is stale: run npm run peer-names");
});

test("berkeley has every name that docs/names.md gives", onLinux, () => {
  assert.deepEqual(unknownNames(peers), []);
});

test("a name that berkeley does not have is found", onLinux, () => {
  const names = {
    one: "`AF.NO_SUCH`",
    two: "`SO.DOMAIN`, `noSuchCall()`",
    three: '`{ type: "SCM_NO_SUCH" }`',
  };
  const peer: Peer = { name: "", version: "", source: "", names, leftOut: {} };
  assert.deepEqual(unknownNames([peer]), ["one: AF.NO_SUCH", "two: noSuchCall", "three: SCM_NO_SUCH"]);
});

test("docs/names.md has every name of the Python that is installed", onLinux, (context) => {
  const program = "import socket, sys; print(sys.version_info[1], *dir(socket))";
  const { error, stdout, status } = spawnSync("python3", ["-c", program], { encoding: "utf8" });
  if (error !== undefined || status !== 0) return context.skip("there is no python3");
  const [minor = "", ...installed] = stdout.trim().split(" ");
  if (Number(minor) > 15) return context.skip(`Python 3.${minor} is newer than the page`);
  const known = new Set(peers.flatMap(({ names, leftOut }) => Object.keys({ ...names, ...leftOut })));
  // Modules and classes that socket.py imports for itself.
  const imported = /^(_.*|array|errno|io|os|selectors|sys|IntEnum|IntFlag)$/;
  assert.deepEqual(
    installed.filter((name) => !known.has(name) && !imported.test(name)),
    [],
  );
});

test("a name is mapped or left out, and not both; a reason is one line", () => {
  for (const { names, leftOut } of peers) {
    for (const [name, reason] of Object.entries(leftOut)) {
      assert.ok(!(name in names), name);
      assert.match(reason, /^[^\n|]{10,110}$/, name);
    }
  }
});
