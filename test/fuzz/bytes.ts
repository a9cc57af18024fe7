/** A prime number of bytes, so that memory of a usual size never repeats at the same place. */
const PERIOD = 1_000_003;

/** Bytes that encode their place in a stream, and which stream: that of a seed. */
export class Pattern {
  readonly #bytes: Uint8Array;

  constructor(seed: number) {
    this.#bytes = new Uint8Array(PERIOD);
    let state = seed;
    for (let index = 0; index < PERIOD; index++) {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      this.#bytes[index] = state >>> 24;
    }
  }

  /** A copy of `length` bytes of the stream from an offset on. */
  slice(offset: number, length: number): Uint8Array<ArrayBuffer> {
    const piece = new Uint8Array(length);
    for (let done = 0; done < length; ) {
      const start = (offset + done) % PERIOD;
      const part = this.#bytes.subarray(start, Math.min(PERIOD, start + length - done));
      piece.set(part, done);
      done += part.length;
    }
    return piece;
  }
}

/** Data that one side has sent, for comparison with what the other receives. */
export class SentBytes {
  readonly #pieces: Uint8Array[] = [];
  #index = 0;
  #offset = 0;
  length = 0;
  /** How many have been received. */
  received = 0;
  /** Whether it received something that was not sent, or in another order. */
  corrupt = false;

  /** @param piece bytes that do not change */
  add(piece: Uint8Array): void {
    this.#pieces.push(piece);
    this.length += piece.length;
  }

  /** Compares the next received data. */
  receive(bytes: Uint8Array): void {
    this.received += bytes.length;
    for (let done = 0; done < bytes.length; ) {
      const piece = this.#pieces[this.#index];
      if (piece === undefined) {
        this.corrupt = true;
        return;
      }
      const length = Math.min(piece.length - this.#offset, bytes.length - done);
      const expected = piece.subarray(this.#offset, this.#offset + length);
      if (Buffer.compare(expected, bytes.subarray(done, done + length)) !== 0) this.corrupt = true;
      done += length;
      this.#offset += length;
      if (this.#offset < piece.length) continue;
      this.#index += 1;
      this.#offset = 0;
    }
  }
}
