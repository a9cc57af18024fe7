// A small server of MongoDB's wire protocol (OP_MSG and the first OP_QUERY), enough for its driver
// to connect, insert and find. It is no MongoDB.
import net from "node:net";
import { deserialize, serialize } from "bson";
import { announce } from "./limits.mjs";

const OP_REPLY = 1;
const OP_QUERY = 2004;
const OP_MSG = 2013;
const collections = new Map();

const server = net.createServer((socket) => {
  let received = Buffer.alloc(0);
  socket.on("error", () => {});
  socket.on("data", (bytes) => {
    received = Buffer.concat([received, bytes]);
    while (received.length >= 4 && received.length >= received.readInt32LE(0)) {
      const length = received.readInt32LE(0);
      const request = received.subarray(0, length);
      received = received.subarray(length);
      const answer = reply(request);
      if (answer !== undefined) socket.write(answer);
    }
  });
});
server.listen(0, "127.0.0.1");
announce(server);

function reply(request) {
  const [id, operation] = [request.readInt32LE(4), request.readInt32LE(12)];
  if (operation === OP_QUERY) {
    const body = serialize(run({ hello: 1 }));
    const head = Buffer.alloc(20);
    head.writeInt32LE(1, 16);
    return message(id, OP_REPLY, Buffer.concat([head, body]));
  }
  const { command, more } = commandOf(request.subarray(16));
  const body = serialize(run(command));
  if (more) return undefined;
  return message(id, OP_MSG, Buffer.concat([Buffer.alloc(5), body]));
}

function message(to, operation, body) {
  const head = Buffer.alloc(16);
  head.writeInt32LE(16 + body.length, 0);
  head.writeInt32LE(to, 8);
  head.writeInt32LE(operation, 12);
  return Buffer.concat([head, body]);
}

/** The command, with the documents of its sections of kind 1. */
function commandOf(body) {
  const flags = body.readUInt32LE(0);
  let command = {};
  for (let at = 4; at < body.length; ) {
    const kind = body[at];
    const size = body.readInt32LE(at + 1);
    const section = body.subarray(at + 1, at + 1 + size);
    if (kind === 0) command = { ...deserialize(section), ...command };
    else {
      const end = section.indexOf(0, 4);
      const documents = [];
      for (let next = end + 1; next < size; next += section.readInt32LE(next))
        documents.push(deserialize(section.subarray(next, next + section.readInt32LE(next))));
      command[section.toString("utf8", 4, end)] = documents;
    }
    at += 1 + size;
  }
  return { command, more: (flags & 2) !== 0 };
}

function run(command) {
  if (command.insert !== undefined) {
    const documents = collections.get(command.insert) ?? [];
    documents.push(...command.documents);
    collections.set(command.insert, documents);
    return { ok: 1, n: command.documents.length };
  }
  if (command.find !== undefined)
    return { ok: 1, cursor: { id: 0n, ns: "test.people", firstBatch: collections.get(command.find) ?? [] } };
  return {
    ok: 1,
    helloOk: true,
    ismaster: true,
    isWritablePrimary: true,
    maxBsonObjectSize: 16777216,
    maxMessageSizeBytes: 48000000,
    maxWriteBatchSize: 100000,
    minWireVersion: 0,
    maxWireVersion: 21,
    readOnly: false,
    localTime: new Date(),
  };
}
