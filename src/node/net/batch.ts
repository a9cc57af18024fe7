// Counts the engine's batches in which data was received. Ticks and promises run between two
// batches, as they do between two libuv events.
import { nextTick } from "../../clock/next-tick.ts";
import type { HandleStream } from "./stream-reader.ts";

let batch = 0;
let ends = false;

function end(): void {
  ends = false;
  batch += 1;
}

/** Records that a stream has received data, and returns the batch. */
export function receivedInBatch(stream: HandleStream): number {
  if (!ends) {
    ends = true;
    stream.letTicksRun();
    nextTick(end);
  }
  return batch;
}

export const currentBatch = (): number => batch;
