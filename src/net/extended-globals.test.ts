import { test } from "node:test";
import { except } from "../../test/platform.ts";
import { runProgram } from "../../test/program.ts";

const onNode = except({ bun: "the program imports berkeley/net, which Bun cannot have" });

test("an enumerable member of Object.prototype, as a library may add, changes nothing", onNode, () => {
  runProgram(new URL("./extended-globals.child.js", import.meta.url));
});
