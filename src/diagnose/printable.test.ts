import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { except } from "../../test/platform.ts";
import { printable, shellWord } from "./printable.ts";

test("escapes what would control a terminal or disguise text", () => {
  const cases: readonly [text: string, shown: string][] = [
    ["plain, größer, 日本 😀", "plain, größer, 日本 😀"],
    ["\x1b[31m", "\\u{1b}[31m"],
    ["\x00\n\x7f\x9b", "\\u{0}\\u{a}\\u{7f}\\u{9b}"],
    ["a\u202eb\u200bc", "a\\u{202e}b\\u{200b}c"],
    ["\u2028\u2029", "\\u{2028}\\u{2029}"],
    ["\ud800x", "\\u{d800}x"],
    ["\u{e0001}", "\\u{e0001}"],
  ];
  for (const [text, shown] of cases) assert.equal(printable(text), shown);
});

test("quotes a word for a shell: plain, in quotes, or with escapes", () => {
  const cases: readonly [text: string, word: string][] = [
    ["/run/a_b-c@d%e+f=g:h,i.j", "/run/a_b-c@d%e+f=g:h,i.j"],
    ["a b", "'a b'"],
    ["it's", "'it'\\''s'"],
    ["$(x)`y`", "'$(x)`y`'"],
    ["a\nb'c\\d", "$'a\\012b\\'c\\\\d'"],
    ["\u202e", "$'\\342\\200\\256'"],
    ["", "''"],
  ];
  for (const [text, word] of cases) assert.equal(shellWord(text), word);
});

test("bash reads each word as the text", except({ windows: "it has no bash" }), (context) => {
  const texts = ["plain", "a b", "it's", "$HOME", "a\nb", "\x1b[31m'\\", "\u202e", "größer\x07"];
  const { status, stdout, error } = spawnSync("bash", [
    "-c",
    `printf '%s\\0' ${texts.map(shellWord).join(" ")}`,
  ]);
  if (error !== undefined) {
    context.skip("there is no bash");
    return;
  }
  assert.equal(status, 0);
  assert.deepEqual(stdout.toString().split("\0").slice(0, -1), texts);
});
