import { once } from "node:events";
import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from "node:worker_threads";
import type { RawCall, RawResult } from "../host-calls.ts";

/** A call's result, and its CLOCK_REALTIME in nanoseconds. */
export interface Ended {
  readonly result: RawResult;
  readonly at: bigint;
}

/** Words that both threads wait on: calls begun, and calls ended. */
export const BEGUN = 0;
export const ENDED = 1;

/** In place of a call: the thread ends. */
export const END = "end";

export interface ThreadData {
  readonly port: MessagePort;
  readonly words: Int32Array;
}

/** A thread that makes calls which block, so that the script can go on. One call at a time. */
export class BlockingThread {
  readonly #worker: Worker;
  readonly #port: MessagePort;
  readonly #words: Int32Array;

  static async start(): Promise<BlockingThread> {
    const { port1, port2 } = new MessageChannel();
    const words = new Int32Array(new SharedArrayBuffer(8));
    const workerData: ThreadData = { port: port2, words };
    const module = import.meta.url.replace(/blocking-thread\.(\w+)$/, "blocking-thread.child.$1");
    const worker = new Worker(new URL(module), { workerData, transferList: [port2] });
    await once(worker, "message");
    return new BlockingThread(worker, port1, words);
  }

  private constructor(worker: Worker, port: MessagePort, words: Int32Array) {
    this.#worker = worker;
    this.#port = port;
    this.#words = words;
  }

  begin(call: RawCall): { wait(milliseconds: number): Ended | undefined } {
    const ended = Atomics.load(this.#words, ENDED);
    this.#post(call);
    return {
      wait: (milliseconds) => {
        Atomics.wait(this.#words, ENDED, ended, milliseconds);
        const received: { message: Ended } | undefined = receiveMessageOnPort(this.#port);
        return received?.message;
      },
    };
  }

  /** Ends the thread; one that still blocks ends with the process. */
  close(): void {
    this.#post(END);
    this.#port.close();
    this.#worker.unref();
  }

  #post(message: RawCall | typeof END): void {
    this.#port.postMessage(message);
    Atomics.add(this.#words, BEGUN, 1);
    Atomics.notify(this.#words, BEGUN);
  }
}
