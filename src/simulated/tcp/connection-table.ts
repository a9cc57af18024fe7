/** The two ends of a connection, as seen from this host. */
export interface Ends {
  readonly localAddress: string;
  readonly localPort: number;
  readonly remoteAddress: string;
  readonly remotePort: number;
}

/** Finds connections by their ends: the kernel's ehash. */
export class ConnectionTable<Entry extends Ends> {
  /** By both ports; the addresses differ within a bucket. Most ports have one connection. */
  readonly #buckets = new Map<number, Entry | Entry[]>();

  find(
    localAddress: string,
    localPort: number,
    remoteAddress: string,
    remotePort: number,
  ): Entry | undefined {
    const bucket = this.#buckets.get(localPort * 0x10000 + remotePort);
    if (bucket === undefined) return undefined;
    if (!Array.isArray(bucket)) return isBetween(bucket, localAddress, remoteAddress) ? bucket : undefined;
    for (const entry of bucket) if (isBetween(entry, localAddress, remoteAddress)) return entry;
    return undefined;
  }

  add(entry: Entry): void {
    const key = keyOf(entry);
    const bucket = this.#buckets.get(key);
    if (bucket === undefined) this.#buckets.set(key, entry);
    else if (Array.isArray(bucket)) bucket.push(entry);
    else this.#buckets.set(key, [bucket, entry]);
  }

  remove(entry: Entry): void {
    const key = keyOf(entry);
    const bucket = this.#buckets.get(key);
    if (bucket === entry) {
      this.#buckets.delete(key);
    } else if (Array.isArray(bucket)) {
      const at = bucket.indexOf(entry);
      if (at !== -1) bucket.splice(at, 1);
      if (bucket.length === 0) this.#buckets.delete(key);
    }
  }

  *entries(): IterableIterator<Entry> {
    for (const bucket of this.#buckets.values()) {
      if (Array.isArray(bucket)) yield* bucket;
      else yield bucket;
    }
  }

  clear(): void {
    this.#buckets.clear();
  }
}

const isBetween = (entry: Ends, localAddress: string, remoteAddress: string): boolean =>
  entry.remoteAddress === remoteAddress && entry.localAddress === localAddress;

const keyOf = ({ localPort, remotePort }: Ends): number => localPort * 0x10000 + remotePort;
