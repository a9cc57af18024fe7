import { constants } from "../../../src/system/linux/constants.ts";
import { errnos } from "../../../src/system/linux/errno.ts";
import type { RawCall, RawResult } from "../host-calls.ts";
import { rawCall } from "../raw-calls.ts";
import type { SimulatedCalls } from "./simulated-calls.ts";

const { POLL } = constants;

/** The errnos of calls that would wait. */
const UNDECIDED: ReadonlySet<number> = new Set([errnos.EAGAIN, errnos.EINPROGRESS, errnos.EALREADY]);

/**
 * A call that blocks, made without blocking after every event until it has a result: a simulated
 * host's own blocking calls advance the network, in which nothing happens but what the script does.
 */
export class Attempts {
  /** When poll() or epoll_wait() gives up, in nanoseconds of the network's clock. */
  readonly deadline: number;
  ended: { readonly result: RawResult; readonly at: number } | undefined;
  readonly #calls: SimulatedCalls;
  readonly #call: RawCall;
  readonly #now: () => number;
  readonly #clock: () => number;
  /** Bytes that a send has taken so far. */
  #sent = 0;

  constructor(calls: SimulatedCalls, call: RawCall, now: () => number, clock: () => number) {
    this.#calls = calls;
    this.#call = call;
    this.#now = now;
    this.#clock = clock;
    const timeout = call.name === "poll" || call.name === "epoll_wait" ? call.timeout : -1;
    this.deadline = timeout < 0 ? Number.POSITIVE_INFINITY : clock() + timeout * 1_000_000;
  }

  again(): void {
    if (this.ended !== undefined) return;
    const result = this.#attempt();
    if (result !== undefined) this.ended = { result, at: this.#now() };
  }

  #attempt(): RawResult | undefined {
    const call = this.#call;
    if (call.name === "poll" || call.name === "epoll_wait") {
      const result = rawCall(this.#calls, { ...call, timeout: 0 });
      return result.returned !== 0 || this.#clock() >= this.deadline ? result : undefined;
    }
    if (call.name === "send") return this.#send(call);
    if (!("fd" in call)) return rawCall(this.#calls, call);
    const result = this.#withoutBlocking(call.fd, call);
    return UNDECIDED.has(-result.returned) ? undefined : result;
  }

  /** A send that blocks returns once it has taken everything, or fails. */
  #send(call: Extract<RawCall, { name: "send" }>): RawResult | undefined {
    // A third of the buffer must be free before it is woken: sk_stream_write_space().
    if (this.#sent > 0 && !this.#isWritable(call.fd)) return undefined;
    const bytes = Uint8Array.from(call.pieces.flatMap((piece) => [...piece]));
    const result = this.#withoutBlocking(call.fd, { ...call, pieces: [bytes.subarray(this.#sent)] });
    if (result.returned < 0) {
      if (result.returned === -errnos.EAGAIN) return undefined;
      return this.#sent > 0 ? { returned: this.#sent } : result;
    }
    this.#sent += result.returned;
    return this.#sent < bytes.length ? undefined : { returned: this.#sent };
  }

  #isWritable(fd: number): boolean {
    const entry = { fd, events: POLL.OUT, revents: 0 };
    this.#calls.system.poll([entry], 0);
    return entry.revents !== 0;
  }

  #withoutBlocking(fd: number, call: RawCall): RawResult {
    const { system } = this.#calls;
    if (this.#calls.isNonblocking(fd)) return rawCall(this.#calls, call);
    system.setNonblocking(fd, true);
    try {
      return rawCall(this.#calls, call);
    } finally {
      system.setNonblocking(fd, false);
    }
  }
}
