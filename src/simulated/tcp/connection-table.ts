/** The two ends of a connection, as seen from this host. */
export interface Ends {
  readonly localAddress: string;
  readonly localPort: number;
  readonly remoteAddress: string;
  readonly remotePort: number;
}

/** Finds connections by their ends: the kernel's ehash. */
export class ConnectionTable<Entry extends Ends> {
  /** By both ports; the addresses differ within a bucket. */
  readonly #buckets = new Map<number, Entry[]>();

  find(
    localAddress: string,
    localPort: number,
    remoteAddress: string,
    remotePort: number,
  ): Entry | undefined {
    const bucket = this.#buckets.get(localPort * 0x10000 + remotePort);
    if (bucket === undefined) return undefined;
    for (const entry of bucket) {
      if (entry.remoteAddress === remoteAddress && entry.localAddress === localAddress) return entry;
    }
    return undefined;
  }

  add(entry: Entry): void {
    const key = keyOf(entry);
    const bucket = this.#buckets.get(key);
    if (bucket === undefined) this.#buckets.set(key, [entry]);
    else bucket.push(entry);
  }

  remove(entry: Entry): void {
    const key = keyOf(entry);
    const bucket = this.#buckets.get(key);
    const at = bucket?.indexOf(entry) ?? -1;
    if (bucket === undefined || at === -1) return;
    if (bucket.length === 1) this.#buckets.delete(key);
    else bucket.splice(at, 1);
  }

  *entries(): IterableIterator<Entry> {
    for (const bucket of this.#buckets.values()) yield* bucket;
  }

  clear(): void {
    this.#buckets.clear();
  }
}

const keyOf = ({ localPort, remotePort }: Ends): number => localPort * 0x10000 + remotePort;
