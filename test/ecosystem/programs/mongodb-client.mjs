import assert from "node:assert/strict";
import { MongoClient } from "mongodb";

const client = new MongoClient(`mongodb://127.0.0.1:${process.env.TEST_MONGODB_PORT}/`, {
  serverSelectionTimeoutMS: 10_000,
});
await client.connect();
const people = client.db("test").collection("people");
await people.insertMany(Array.from({ length: 100 }, (_, number) => ({ number, text: "x".repeat(10_000) })));
const found = await people.find({}).toArray();
assert.deepEqual(
  found.map(({ number }) => number),
  Array.from({ length: 100 }, (_, number) => number),
);
await client.close();
console.log("done");
