import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { root } from "../../test/root.ts";

test("channels: messages are only built if there are subscribers", () => {
  const source = join(root, "src");
  let guarded = 0;
  for (const path of readdirSync(source, { recursive: true, encoding: "utf8" })) {
    if (!path.endsWith(".ts") || /\.(test|child)\.ts$/.test(path)) continue;
    const text = readFileSync(join(source, path), "utf8");
    const published = [
      ...text.matchAll(
        /(channels\.\w+|engineChannel|(?:server|client)Sockets|listen(?:End|Error))\.publish\(/g,
      ),
    ].map(([, name]) => name);
    const checked = [
      ...text.matchAll(/if \((\S+)\.hasSubscribers\) (?:\1\.publish\(|\{[^}]*\1\.publish\()/g),
    ];
    assert.deepEqual(
      checked.map(([, name]) => name),
      published,
      path,
    );
    guarded += published.length;
  }
  assert.equal(guarded, 21);
});
