// The worker's side of its channel to `berkeley hold --workers`: JSON, a line each.
const net: typeof import("node:net") = require("node:net");
const { isMainThread, threadId }: typeof import("node:worker_threads") = require("node:worker_threads");
const { drain }: import("./drain.cjs").Drain = require("./drain.cjs");

/**
 * What a worker reports: Node has started, listens on the held socket, says that it is ready, or
 * has drained.
 */
type WorkerEvent = "started" | "listening" | "ready" | "drained";

let isListening = false;
let isGone = false;
let isOpen = false;
let leave: () => void = () => {};
let tell: (event: WorkerEvent) => void = () => {};

/**
 * Connects to hold, if it runs workers. Every Node process of a worker connects, such as npm; the
 * one that serves reports that it listens. A thread connects when it serves.
 */
function openChannel(): void {
  if (isMainThread) connect();
}

function connect(): void {
  const { BERKELEY_HOLD_CHANNEL: path, BERKELEY_WORKER_RUN: run } = process.env;
  if (path === undefined || run === undefined) return;
  const socket = net.connect(path);
  socket.unref();
  tell = (event) => socket.write(`${JSON.stringify({ run, pid: process.pid, thread: threadId, event })}\n`);
  // If hold cannot be reached, for example by another user, the worker runs without it.
  socket.on("error", () => {});
  let isDraining = false;
  let isDrained = false;
  const whenDrained: (() => void)[] = [];
  const end = (done: () => void) => {
    if (isDrained) {
      done();
      return;
    }
    whenDrained.push(done);
    if (isDraining) return;
    isDraining = true;
    drain(() => {
      isDrained = true;
      for (const each of whenDrained) each();
    });
  };
  leave = () => end(() => process.kill(process.pid, "SIGTERM"));
  // The only request that hold sends is to drain.
  socket.on("data", () => end(() => tell("drained")));
  // hold is gone. Not "end", which a reset does not emit. A worker that stayed would keep the port.
  socket.once("connect", () =>
    socket.once("close", () => {
      isGone = true;
      if (isListening) leave();
    }),
  );
  isOpen = true;
  tell("started");
  if (process.env.BERKELEY_READY === "message") relayReady();
}

/**
 * With `--ready message`, also hears a program whose parent is not hold, but npm or a watcher: it
 * has no `process.send()`, or one that goes elsewhere.
 */
function relayReady(): void {
  const send: unknown = Reflect.get(process, "send");
  Reflect.set(process, "send", (...args: readonly unknown[]): unknown => {
    const hasParent = typeof send === "function";
    // A program's own child may tell the program that it is ready.
    if (args[0] === "ready" && (isListening || !hasParent)) tell("ready");
    return hasParent ? Reflect.apply(send, process, args) : true;
  });
}

/** Tells hold that a server listens on the held socket. */
function tellListening(): void {
  if (!isOpen && !isMainThread) connect();
  if (isOpen && !isListening && isMainThread) outliveReaders();
  isListening = true;
  if (isGone) leave();
  else tell("listening");
}

/**
 * Once hold is gone, printing fails with EPIPE. That must not end the process before its
 * connections.
 */
function outliveReaders(): void {
  for (const output of [process.stdout, process.stderr])
    output.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code !== "EPIPE") throw error;
    });
}

export interface Channel {
  readonly openChannel: typeof openChannel;
  readonly tellListening: typeof tellListening;
}
const channel: Channel = { openChannel, tellListening };
module.exports = channel;
