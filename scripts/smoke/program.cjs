// The same package from CommonJS: require() of an ES module, available in Node since 20.19.
const assert = require("node:assert/strict");
const { posix } = require("berkeley");
const { AF, close, getsockname, listen, SOCK, socket } = require("berkeley/posix");

assert.equal(posix.listen, listen);
const server = socket(AF.INET, SOCK.STREAM);
listen(server, 8);
assert.ok(getsockname(server).port > 0);
assert.equal(posix.effectiveBacklog(server), 8);
close(server);
console.log("berkeley works from CommonJS");
