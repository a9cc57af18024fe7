import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { assertFails } from "../../test/conformance.ts";
import { tryBind } from "./bind.ts";
import { AF, SOCK } from "./constants.ts";
import { socket } from "./socket.ts";

// Run in its own mount namespace; its argument is a folder to mount on.
const [folder = ""] = process.argv.slice(2);
assert.equal(spawnSync("mount", ["-t", "tmpfs", "-o", "ro", "tmpfs", folder]).status, 0);
using server = socket(AF.UNIX, SOCK.STREAM);
assertFails(tryBind(server, { family: "unix", path: `${folder}/socket` }), "ReadOnlyFileSystem", "EROFS");
