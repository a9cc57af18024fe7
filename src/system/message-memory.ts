import { mapMemory } from "../native/memory.ts";
import type { MessageMemory } from "./system.ts";
import { LENGTH_SIZE, ValueResult } from "./value-result.ts";

/** sockaddr_storage and its length. */
const ADDRESS_SIZE = LENGTH_SIZE + 128;
/**
 * Enough for the 253 descriptors that one message can carry, further control messages, and the
 * length.
 */
const CONTROL_SIZE = 2048 - ADDRESS_SIZE;
const BUFFERS_PER_MAPPING = 64;

const buffers: MessageMemory[] = [];

/** The buffers are mapped on first use, and stay mapped: at most 1024 (UIO_MAXIOV), 2 MiB. */
export function messageMemory(index: number): MessageMemory {
  for (;;) {
    const buffer = buffers[index];
    if (buffer !== undefined) return buffer;
    const size = ADDRESS_SIZE + CONTROL_SIZE;
    const mapping = mapMemory(BUFFERS_PER_MAPPING * size);
    for (let offset = 0; offset < BUFFERS_PER_MAPPING * size; offset += size) {
      buffers.push({
        address: new ValueResult(mapping, offset, ADDRESS_SIZE),
        control: new ValueResult(mapping, offset + ADDRESS_SIZE, CONTROL_SIZE),
      });
    }
  }
}
