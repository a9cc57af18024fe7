// Run with a low descriptor limit: duplicates use up all descriptors.
import assert from "node:assert/strict";
import { assertFails } from "../../test/conformance.ts";
import { close } from "./close.ts";
import { AF, SOCK } from "./constants.ts";
import { tryDup } from "./dup.ts";
import type { Socket } from "./owned-socket.ts";
import { socket } from "./socket.ts";

using made = socket(AF.INET, SOCK.STREAM);
const duplicates: Socket[] = [];
let result = tryDup(made);
for (; result.ok; result = tryDup(made)) duplicates.push(result.value);
assertFails(result, "ProcessFdQuotaExceeded", "EMFILE");
assertFails(tryDup(made, { closeOnExec: false }), "ProcessFdQuotaExceeded", "EMFILE");
for (const each of duplicates) close(each);
assert.ok(duplicates.length > 10);
