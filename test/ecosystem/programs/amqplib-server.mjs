// A small server of AMQP 0-9-1, enough for amqplib to connect, publish, consume and acknowledge. It
// is no RabbitMQ.
import net from "node:net";
import { announce } from "./limits.mjs";

const METHOD = 1;
const HEADER = 2;
const BODY = 3;
const HEARTBEAT = 8;
const FRAME_END = 0xce;
const FRAME_MAX = 16_384;

/** Class and method numbers of the specification, by name. */
const methods = {
  connectionStart: [10, 10],
  connectionStartOk: [10, 11],
  connectionTune: [10, 30],
  connectionTuneOk: [10, 31],
  connectionOpen: [10, 40],
  connectionOpenOk: [10, 41],
  connectionClose: [10, 50],
  connectionCloseOk: [10, 51],
  channelOpen: [20, 10],
  channelOpenOk: [20, 11],
  channelClose: [20, 40],
  channelCloseOk: [20, 41],
  queueDeclare: [50, 10],
  queueDeclareOk: [50, 11],
  basicConsume: [60, 20],
  basicConsumeOk: [60, 21],
  basicPublish: [60, 40],
  basicDeliver: [60, 60],
  basicAck: [60, 80],
};
const names = new Map(Object.entries(methods).map(([name, numbers]) => [String(numbers), name]));

const short = (value) => Buffer.from([value >> 8, value & 255]);
const long = (value) => Buffer.from([value >>> 24, (value >> 16) & 255, (value >> 8) & 255, value & 255]);
const longLong = (value) => Buffer.concat([long(0), long(value)]);
const shortString = (text) => Buffer.concat([Buffer.from([text.length]), Buffer.from(text)]);
const longString = (text) => Buffer.concat([long(text.length), Buffer.from(text)]);

function frame(type, channel, payload) {
  const head = Buffer.concat([Buffer.from([type]), short(channel), long(payload.length)]);
  return Buffer.concat([head, payload, Buffer.from([FRAME_END])]);
}

const method = (channel, name, ...fields) =>
  frame(METHOD, channel, Buffer.concat([...methods[name].map(short), ...fields]));

const server = net.createServer((socket) => {
  let received = Buffer.alloc(0);
  let greeted = false;
  let publishing;
  let consumer;
  let delivered = 0;
  const messages = [];
  socket.on("error", () => {});
  socket.on("data", (bytes) => {
    received = Buffer.concat([received, bytes]);
    if (!greeted) {
      if (received.length < 8) return;
      greeted = true;
      received = received.subarray(8);
      const mechanisms = [longString("PLAIN"), longString("en_US")];
      socket.write(method(0, "connectionStart", Buffer.from([0, 9]), long(0), ...mechanisms));
    }
    while (received.length >= 8 && received.length >= received.readUInt32BE(3) + 8) {
      const [type, channel, size] = [received[0], received.readUInt16BE(1), received.readUInt32BE(3)];
      const payload = received.subarray(7, 7 + size);
      received = received.subarray(size + 8);
      if (type === METHOD) onMethod(channel, payload);
      else if (type === HEADER)
        publishing = { header: payload, left: Number(payload.readBigUInt64BE(4)), bodies: [] };
      else if (type === BODY) onBody(channel, payload);
      else if (type === HEARTBEAT) socket.write(frame(HEARTBEAT, 0, Buffer.alloc(0)));
    }
  });

  function onMethod(channel, payload) {
    const answer = (name, ...fields) => socket.write(method(channel, name, ...fields));
    switch (names.get(`${payload.readUInt16BE(0)},${payload.readUInt16BE(2)}`)) {
      case "connectionStartOk":
        return answer("connectionTune", short(0), long(FRAME_MAX), short(0));
      case "connectionOpen":
        return answer("connectionOpenOk", shortString(""));
      case "connectionClose":
        answer("connectionCloseOk");
        return socket.end();
      case "channelOpen":
        return answer("channelOpenOk", longString(""));
      case "channelClose":
        return answer("channelCloseOk");
      case "queueDeclare":
        return answer("queueDeclareOk", shortString("queue"), long(0), long(0));
      case "basicConsume":
        consumer = channel;
        answer("basicConsumeOk", shortString("consumer"));
        return deliver();
      default:
    }
  }

  function onBody(channel, payload) {
    publishing.bodies.push(payload);
    publishing.left -= payload.length;
    if (publishing.left > 0) return;
    messages.push(publishing);
    if (consumer === channel) deliver();
  }

  function deliver() {
    for (const { header, bodies } of messages.splice(0)) {
      delivered += 1;
      const fields = [
        shortString("consumer"),
        longLong(delivered),
        Buffer.from([0]),
        shortString(""),
        shortString("queue"),
      ];
      socket.write(method(consumer, "basicDeliver", ...fields));
      socket.write(frame(HEADER, consumer, header));
      for (const body of bodies) socket.write(frame(BODY, consumer, body));
    }
  }
});
server.listen(0, "127.0.0.1");
announce(server);
