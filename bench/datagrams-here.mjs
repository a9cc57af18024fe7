// Datagrams over loopback on this runtime: the work of bench/datagrams.c, with this library or with
// node:dgram.
//
//   node bench/datagrams-here.mjs send berkeley|dgram plain|segmented SIZE MILLISECONDS PORT
//   node bench/datagrams-here.mjs receive berkeley|dgram plain|segmented SIZE MILLISECONDS
//
// A receiver prints its port first. The last line has the figures since the warm-up.
import dgram from "node:dgram";
import {
  AF,
  bind,
  close,
  connect,
  getsockname,
  MSG,
  recvmmsg,
  SO,
  SOCK,
  sendmmsg,
  setsockopt,
  socket,
  UDP,
} from "../dist/posix/index.js";

// As in datagrams.c, except for the warm-up, in which the code is compiled.
const BATCH = 64;
const MOST_BYTES = 65507;
const MOST_SEGMENTS = 64;
const WARM_UP = 500;
const WARM_UP_BATCHES = 400;
const RECEIVE_BUFFER = 4 << 20;
const MOST_DATAGRAMS = 2 ** 25;
const MOST_SECONDS = 20;

const [direction, by, how, ...numbers] = process.argv.slice(2);
const [size, milliseconds, port] = numbers.map(Number);
const segmented = how === "segmented";
const loopback = { family: "ipv4", address: "127.0.0.1" };

/**
 * Counts datagrams: the first milliseconds are the warm-up; after the others it prints the figures.
 */
class Measurement {
  #begin = performance.now();
  #start = 0;
  #cpu = process.cpuUsage();
  #datagrams = 0;
  #batches = 0;

  /** True once the measurement is over. */
  add(datagrams) {
    const now = performance.now();
    if (this.#start === 0) {
      this.#batches += 1;
      if (now < this.#begin + WARM_UP || this.#batches < WARM_UP_BATCHES) return false;
      this.#start = performance.now();
      this.#cpu = process.cpuUsage();
      return false;
    }
    this.#datagrams += datagrams;
    if (now < this.#start + milliseconds && this.#datagrams < MOST_DATAGRAMS) return false;
    const { user, system } = process.cpuUsage(this.#cpu);
    const seconds = (now - this.#start) / 1e3;
    console.log(
      JSON.stringify({ datagrams: this.#datagrams, seconds, user: user / 1e6, system: system / 1e6 }),
    );
    return true;
  }
}

const ways = { berkeley: { send, receive }, dgram: { send: sendByDgram, receive: receiveByDgram } };
ways[by][direction]();

function send() {
  const sender = socket(AF.INET, SOCK.DGRAM);
  connect(sender, { ...loopback, port });
  const segments = segmented ? Math.min(Math.floor(MOST_BYTES / size), MOST_SEGMENTS) : 1;
  if (segmented) setsockopt(sender, UDP.SEGMENT, size);
  const messages = Array.from({ length: BATCH }, () => ({ data: [new Uint8Array(segments * size).fill(1)] }));
  const measurement = new Measurement();
  while (!measurement.add(sendmmsg(sender, messages) * segments));
  close(sender);
}

function receive() {
  const receiver = socket(AF.INET, SOCK.DGRAM);
  setsockopt(receiver, SO.RCVBUF, RECEIVE_BUFFER);
  setsockopt(receiver, SO.RCVTIMEO, MOST_SECONDS * 1000);
  if (segmented) setsockopt(receiver, UDP.GRO, true);
  bind(receiver, { ...loopback, port: 0 });
  console.log(JSON.stringify({ port: getsockname(receiver).port }));
  const rooms = Array.from({ length: BATCH }, () => ({
    data: [new Uint8Array(segmented ? 1 << 16 : 2048)],
    controlLength: segmented ? 64 : 0,
  }));
  const measurement = new Measurement();
  let over = false;
  while (!over) {
    let datagrams = 0;
    for (const { bytes, control } of recvmmsg(receiver, rooms, MSG.WAITFORONE)) {
      const segment = control.find(({ type }) => type === "UDP_GRO")?.value ?? bytes;
      if (segment !== size) throw new Error(`a datagram of ${segment} bytes`);
      datagrams += bytes / size;
    }
    over = measurement.add(datagrams);
  }
  close(receiver);
}

/** One batch is in flight; the next one starts after the last callback. */
function sendByDgram() {
  const sender = dgram.createSocket("udp4");
  const data = Array.from({ length: BATCH }, () => Buffer.alloc(size, 1));
  const measurement = new Measurement();
  let underWay = 0;
  const sendBatch = () => {
    underWay = BATCH;
    for (const datagram of data) sender.send(datagram, sent);
  };
  const sent = (error) => {
    if (error) throw error;
    underWay -= 1;
    if (underWay > 0) return;
    if (measurement.add(BATCH)) sender.close();
    else sendBatch();
  };
  sender.connect(port, "127.0.0.1", sendBatch);
}

function receiveByDgram() {
  const receiver = dgram.createSocket("udp4");
  const measurement = new Measurement();
  let datagrams = 0;
  const timeout = setTimeout(() => {
    throw new Error("nothing came");
  }, MOST_SECONDS * 1000);
  receiver.on("message", (message) => {
    if (message.length !== size) throw new Error(`a datagram of ${message.length} bytes`);
    datagrams += 1;
    if (datagrams < BATCH) return;
    const over = measurement.add(datagrams);
    datagrams = 0;
    if (!over) return;
    clearTimeout(timeout);
    receiver.close();
    receiver.removeAllListeners("message");
  });
  receiver.bind(0, "127.0.0.1", () => {
    receiver.setRecvBufferSize(RECEIVE_BUFFER);
    console.log(JSON.stringify({ port: receiver.address().port }));
  });
}
