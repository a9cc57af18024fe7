// The calls of bench/calls.c on this runtime, three times each: the bare call through koffi, the
// `try` form, and the throwing one. Prints a line for each: nanoseconds per call by the clock and
// by the processor. Run by bench/calls.mjs: node bench/calls-here.mjs CALLS ACCEPTS
import { mapMemory } from "../dist/native/memory.js";
import {
  AF,
  accept,
  bind,
  close,
  connect,
  getsockname,
  getsockopt,
  listen,
  MSG,
  recv,
  SO,
  SOCK,
  send,
  setsockopt,
  socket,
  socketpair,
  TCP,
  tryAccept,
  tryGetsockopt,
  tryListen,
  tryRecv,
  trySend,
} from "../dist/posix/index.js";
import * as libc from "../dist/system/linux/libc.js";
import { options } from "../dist/system/linux/options.js";

const BATCH = 128;
const MESSAGE = 64;
/** A repeatable call is timed in this many slices. */
const SLICES = 32;

const [calls, accepts] = process.argv.slice(2).map(Number);
const room = mapMemory(4096);
const lengthPointer = room.pointer + 2048n;
const length = new Int32Array(room.buffer, 2048, 1);

class Timing {
  wall = 0;
  cpu = 0;

  /** Times a slice: `run` makes all its calls. */
  add(counts, run) {
    const cpu = process.cpuUsage();
    const wall = process.hrtime.bigint();
    run();
    const wallTaken = Number(process.hrtime.bigint() - wall);
    const { user, system } = process.cpuUsage(cpu);
    if (!counts) return;
    this.wall += wallTaken;
    this.cpu += (user + system) * 1000;
  }
}

/**
 * Runs the variants in turn, slice after slice, so that a disturbance affects all. The first slices
 * only warm up the compiler.
 */
function inTurn(variants, warmUps, slices, run) {
  for (let slice = -warmUps; slice < slices; slice++) for (const by in variants) run(by, slice >= 0);
}

function timings(variants) {
  return Object.fromEntries(Object.keys(variants).map((by) => [by, new Timing()]));
}

function print(call, timings, calls) {
  for (const [by, { wall, cpu }] of Object.entries(timings)) {
    console.log(JSON.stringify({ call, by, wall: wall / calls, cpu: cpu / calls }));
  }
}

/**
 * Measures a repeatable call: each variant is a loop of its own, so that it is compiled separately.
 */
function measure(call, variants) {
  const timing = timings(variants);
  inTurn(variants, 4 * SLICES, SLICES, (by, counts) =>
    timing[by].add(counts, () => variants[by](calls / SLICES)),
  );
  print(call, timing, calls);
}

function must(returned) {
  if (returned < 0) throw new Error("a bare call failed");
  return returned;
}

function mustValue(result) {
  if (!result.ok) throw result.error;
  return result.value;
}

function bound() {
  const bound = socket(AF.INET, SOCK.STREAM);
  bind(bound, { family: "ipv4", address: "127.0.0.1", port: 0 });
  return bound;
}

function connected(address) {
  const client = socket(AF.INET, SOCK.STREAM);
  connect(client, address);
  return client;
}

/** A close that resets leaves no port in TIME_WAIT; the rounds would use up all ports otherwise. */
function reset(client) {
  setsockopt(client, SO.LINGER, { on: true, seconds: 0 });
  close(client);
}

function measureListen() {
  const listener = bound();
  const { fd } = listener;
  measure("listen", {
    koffi: (calls) => {
      for (let i = 0; i < calls; i++) must(libc.listen(fd, 16 + (i & 1)));
    },
    try: (calls) => {
      for (let i = 0; i < calls; i++) mustValue(tryListen(listener, 16 + (i & 1)));
    },
    throws: (calls) => {
      for (let i = 0; i < calls; i++) listen(listener, 16 + (i & 1));
    },
  });
  close(listener);
}

function measureAccept() {
  const listener = bound();
  listen(listener, BATCH);
  const address = getsockname(listener);
  const { fd } = listener;
  const variants = {
    koffi: () => {
      const accepted = [];
      for (let i = 0; i < BATCH; i++) {
        length[0] = 128;
        accepted.push(must(libc.accept4(fd, room.pointer, lengthPointer, SOCK.CLOEXEC)));
      }
      return () => accepted.forEach(libc.close);
    },
    try: () => {
      const accepted = [];
      for (let i = 0; i < BATCH; i++) accepted.push(mustValue(tryAccept(listener)));
      return () => accepted.forEach(({ socket }) => void close(socket));
    },
    throws: () => {
      const accepted = [];
      for (let i = 0; i < BATCH; i++) accepted.push(accept(listener));
      return () => accepted.forEach(({ socket }) => void close(socket));
    },
  };
  const timing = timings(variants);
  inTurn(variants, accepts / BATCH, accepts / BATCH, (by, counts) => {
    const clients = Array.from({ length: BATCH }, () => connected(address));
    let closeAll;
    timing[by].add(counts, () => {
      closeAll = variants[by]();
    });
    clients.forEach(reset);
    closeAll();
  });
  print("accept", timing, accepts);
  close(listener);
}

function measureTransfer(over, from, to) {
  const data = new Uint8Array(MESSAGE);
  const buffer = new Uint8Array(MESSAGE);
  const variants = {
    koffi: {
      send: () => {
        for (let i = 0; i < BATCH; i++) must(libc.send(from.fd, data, MESSAGE, MSG.NOSIGNAL));
      },
      recv: () => {
        for (let i = 0; i < BATCH; i++) must(libc.recv(to.fd, buffer, MESSAGE, 0));
      },
    },
    try: {
      send: () => {
        for (let i = 0; i < BATCH; i++) mustValue(trySend(from, data));
      },
      recv: () => {
        for (let i = 0; i < BATCH; i++) mustValue(tryRecv(to, buffer));
      },
    },
    throws: {
      send: () => {
        for (let i = 0; i < BATCH; i++) send(from, data);
      },
      recv: () => {
        for (let i = 0; i < BATCH; i++) recv(to, buffer);
      },
    },
  };
  const sending = timings(variants);
  const receiving = timings(variants);
  inTurn(variants, calls / BATCH, calls / BATCH, (by, counts) => {
    sending[by].add(counts, variants[by].send);
    receiving[by].add(counts, variants[by].recv);
  });
  print(`send, ${over}`, sending, calls);
  print(`recv, ${over}`, receiving, calls);
}

function measureGetsockopt(socket, option) {
  const { level, number } = options[option.name];
  const { size } = option.read;
  const { fd } = socket;
  measure(`getsockopt, ${option.name}`, {
    koffi: (calls) => {
      for (let i = 0; i < calls; i++) {
        length[0] = size;
        must(libc.getsockopt(fd, level, number, room.pointer, lengthPointer));
      }
    },
    try: (calls) => {
      for (let i = 0; i < calls; i++) mustValue(tryGetsockopt(socket, option));
    },
    throws: (calls) => {
      for (let i = 0; i < calls; i++) getsockopt(socket, option);
    },
  });
}

const listener = bound();
listen(listener, 1);
const [left, right] = socketpair(AF.UNIX, SOCK.STREAM);
const client = connected(getsockname(listener));
const server = accept(listener).socket;
// Makes every send transmit: otherwise most would only append to a segment that Nagle's algorithm
// holds back.
setsockopt(client, TCP.NODELAY, true);

measureListen();
measureAccept();
measureTransfer("unix", left, right);
measureTransfer("TCP", client, server);
measureGetsockopt(client, SO.REUSEADDR);
measureGetsockopt(client, TCP.INFO);
reset(client);
for (const open of [server, listener, left, right]) close(open);
