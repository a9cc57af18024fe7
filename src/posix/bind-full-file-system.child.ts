import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { assertFails } from "../../test/conformance.ts";
import { bind, tryBind } from "./bind.ts";
import { AF, SOCK } from "./constants.ts";
import { socket } from "./socket.ts";

// Run in its own mount namespace. Its argument is a folder to mount a file system on that has
// space for its root and one more inode.
const [folder = ""] = process.argv.slice(2);
assert.equal(spawnSync("mount", ["-t", "tmpfs", "-o", "nr_inodes=2", "tmpfs", folder]).status, 0);
using first = socket(AF.UNIX, SOCK.STREAM);
bind(first, { family: "unix", path: `${folder}/first` });
using second = socket(AF.UNIX, SOCK.STREAM);
assertFails(tryBind(second, { family: "unix", path: `${folder}/second` }), "NoSpaceLeft", "ENOSPC");
