// The thread of blocking-thread.ts: makes one call after the other.
import { parentPort, receiveMessageOnPort, workerData } from "node:worker_threads";
import { openLibraryOn } from "../../../src/native/library.ts";
import type { RawCall } from "../host-calls.ts";
import { rawCall } from "../raw-calls.ts";
import { BEGUN, END, ENDED, type Ended, type ThreadData } from "./blocking-thread.ts";
import { kernelCalls } from "./kernel-calls.ts";

const clockGettime = openLibraryOn(["linux"], null).func<(clock: number, time: Uint8Array) => number>(
  "clock_gettime",
  "int",
  ["int", "void*"],
);
const CLOCK_REALTIME = 0;
const { port, words }: ThreadData = workerData;

parentPort?.postMessage("ready");
for (let made = 0; ; made += 1) {
  Atomics.wait(words, BEGUN, made);
  const call: { message: RawCall | typeof END } | undefined = receiveMessageOnPort(port);
  if (call === undefined || call.message === END) break;
  const result = rawCall(kernelCalls, call.message);
  const time = new Uint8Array(16);
  clockGettime(CLOCK_REALTIME, time);
  const view = new DataView(time.buffer);
  const at = view.getBigInt64(0, true) * 1_000_000_000n + view.getBigInt64(8, true);
  const ended: Ended = { result, at };
  port.postMessage(ended);
  Atomics.add(words, ENDED, 1);
  Atomics.notify(words, ENDED);
}
port.close();
