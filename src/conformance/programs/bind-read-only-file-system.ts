import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { tryBind } from "../../posix/bind.ts";
import { AF, SOCK } from "../../posix/constants.ts";
import { socket } from "../../posix/socket.ts";
import { assertFails } from "../conformance.ts";

// Run in a mount namespace of its own; its argument is a folder to mount on.
const [folder = ""] = process.argv.slice(2);
assert.equal(spawnSync("mount", ["-t", "tmpfs", "-o", "ro", "tmpfs", folder]).status, 0);
using server = socket(AF.UNIX, SOCK.STREAM);
assertFails(tryBind(server, { family: "unix", path: `${folder}/socket` }), "ReadOnlyFileSystem", "EROFS");
