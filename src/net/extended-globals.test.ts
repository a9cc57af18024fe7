import { test } from "node:test";
import { runProgram } from "../../test/program.ts";

test("an enumerable member of Object.prototype, as a library may add, changes nothing", () => {
  runProgram(new URL("./extended-globals.child.js", import.meta.url));
});
