/**
 * Random numbers from a seed and a purpose: xoshiro128** 1.1 (Blackman and Vigna). Each purpose has
 * its own generator, so that an additional draw for one does not change the others.
 */
export class Random {
  #a: number;
  #b: number;
  #c: number;
  #d: number;

  constructor(seed: number | string, purpose: string) {
    const mix = splitmix32(hash(`${seed}\0${purpose}`));
    this.#a = mix();
    this.#b = mix();
    this.#c = mix();
    this.#d = mix();
  }

  /** An integer below 2^32. */
  uint32(): number {
    const result = Math.imul(rotate(Math.imul(this.#b, 5), 7), 9) >>> 0;
    const t = this.#b << 9;
    this.#c ^= this.#a;
    this.#d ^= this.#b;
    this.#b ^= this.#c;
    this.#a ^= this.#d;
    this.#c ^= t;
    this.#d = rotate(this.#d, 11);
    return result;
  }

  /** A number from 0 up to, but not including, 1, with 53 random bits. */
  real(): number {
    return ((this.uint32() >>> 5) * 0x4000000 + (this.uint32() >>> 6)) / 2 ** 53;
  }

  /** An integer from 0 to `limit - 1`. */
  below(limit: number): number {
    return Math.floor(this.real() * limit);
  }

  /** A number from `low` to `high`. */
  between(low: number, high: number): number {
    return low + this.real() * (high - low);
  }

  /** Whether an event of this probability happens. Draws only if that is uncertain. */
  chance(probability: number): boolean {
    if (probability <= 0) return false;
    return probability >= 1 || this.real() < probability;
  }

  fill(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; at += 1) bytes[at] = this.uint32();
  }
}

const rotate = (word: number, by: number): number => (word << by) | (word >>> (32 - by));

/** FNV-1a over UTF-16 code units, finished by MurmurHash3's mixer. */
function hash(text: string): number {
  let state = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) state = Math.imul(state ^ text.charCodeAt(at), 0x01000193);
  state = Math.imul(state ^ (state >>> 16), 0x85ebca6b);
  state = Math.imul(state ^ (state >>> 13), 0xc2b2ae35);
  return state ^ (state >>> 16);
}

function splitmix32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x9e3779b9) | 0;
    let mixed = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    return mixed ^ (mixed >>> 15);
  };
}
