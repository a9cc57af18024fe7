import assert from "node:assert/strict";
import { assertFails } from "../../test/conformance.ts";
import { becomeUnprivileged } from "../../test/unprivileged.ts";
import { bind, tryBind } from "./bind.ts";
import { AF, SOCK } from "./constants.ts";
import { socket } from "./socket.ts";

// Its argument is a folder that contains three: unwritable, unsearchable and open.
becomeUnprivileged();
const [folder = ""] = process.argv.slice(2);
using server = socket(AF.UNIX, SOCK.STREAM);
for (const name of ["unwritable", "unsearchable"]) {
  const path = `${folder}/${name}/socket`;
  const error = assertFails(tryBind(server, { family: "unix", path }), "AccessDenied", "EACCES");
  assert.equal(error.path, path);
  assert.match(error.message, /: A directory in the path is not writable or not searchable\.$/);
}
bind(server, { family: "unix", path: `${folder}/open/socket` });
