import assert from "node:assert/strict";
import { connect } from "amqplib";

const connection = await connect(`amqp://127.0.0.1:${process.env.TEST_AMQP_PORT}`);
const channel = await connection.createChannel();
await channel.assertQueue("queue");
const texts = Array.from({ length: 20 }, (_, number) => `${number} ${"x".repeat(50_000)}`);
for (const text of texts.slice(0, 10)) channel.sendToQueue("queue", Buffer.from(text));
const received = [];
await new Promise((resolve) => {
  channel.consume("queue", (message) => {
    received.push(message.content.toString());
    channel.ack(message);
    if (received.length === texts.length) resolve();
  });
  for (const text of texts.slice(10)) channel.sendToQueue("queue", Buffer.from(text));
});
assert.deepEqual(received, texts);
await channel.close();
await connection.close();
console.log("done");
