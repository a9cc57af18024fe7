import assert from "node:assert/strict";
import { test } from "node:test";
import { except } from "../../test/platform.ts";
import { openLibrary } from "./library.ts";

interface Functions {
  getpid(): number;
  ownNumber(): number;
  there_is_no_such_function(): number;
}

const declared = () =>
  openLibrary(null).functions<Functions>(
    { getpid: ["int", []], ownNumber: ["int", []], there_is_no_such_function: ["int", []] },
    { ownNumber: "getpid" },
  );

const posix = except({ windows: "node.exe exports no such function" });

test("a declared function is looked up when it is first called", posix, () => {
  const functions = declared();
  const { getpid } = functions;
  assert.equal(functions.getpid(), process.pid);
  const found = functions.getpid;
  assert.notEqual(found, getpid);
  assert.equal(found(), process.pid);
  assert.equal(getpid(), process.pid, "one that was kept calls the same");
  assert.equal(functions.getpid, found);
});

test("a function may have another name than its symbol", posix, () => {
  assert.equal(declared().ownNumber(), process.pid);
});

test("only the call of a function that the library lacks fails", posix, () => {
  const functions = declared();
  assert.equal(functions.getpid(), process.pid);
  assert.throws(() => functions.there_is_no_such_function(), /there_is_no_such_function/);
});

test("a library is opened once", () => assert.equal(openLibrary(null), openLibrary(null)));
