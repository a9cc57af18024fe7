import { type Host, type SimulatedNetwork, simulate } from "../../src/simulated/index.ts";

// A client sends numbered records until each is acknowledged, to a server that writes them to a
// store before it acknowledges, through losses, partitions and crashes that the seed decides.

/** How a run is made wrong on purpose. */
export interface StoreAndRetryOptions {
  /** Plants a bug: acknowledges a record before it is written, so that a crash may lose it. */
  readonly acknowledgesFirst?: boolean;
}

const RECORDS = 8;
const WRITE_TIME = 20;
const PATIENCE = 2_000;

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

async function serve(server: Host, store: Set<number>, acknowledgesFirst: boolean): Promise<void> {
  await server.listen(
    { port: 80 },
    {
      data(connection, bytes) {
        for (const record of bytes) {
          if (acknowledgesFirst) connection.write(Uint8Array.of(record));
          setTimeout(() => {
            store.add(record);
            if (!acknowledgesFirst) connection.write(Uint8Array.of(record));
          }, WRITE_TIME);
        }
      },
    },
  );
}

async function send(client: Host): Promise<void> {
  for (let record = 0; record < RECORDS; ) {
    try {
      const connection = await client.connect({ host: "server", port: 80, timeout: PATIENCE });
      try {
        while (record < RECORDS) {
          await connection.write(Uint8Array.of(record));
          const late = setTimeout(() => connection.reset(), PATIENCE);
          const answer = await connection.read();
          clearTimeout(late);
          if (answer?.[0] !== record) break;
          record += 1;
        }
      } finally {
        connection.reset();
      }
    } catch {
      await pause(100);
    }
  }
}

/** Crashes the server, and parts it from the client, a few times. */
async function disturb(
  network: SimulatedNetwork,
  server: Host,
  client: Host,
  store: Set<number>,
  first: boolean,
) {
  for (let fault = 0; fault < 4; fault += 1) {
    await network.advance(Math.ceil(Math.random() * 400));
    if (Math.random() < 0.5) {
      server.crash();
      await network.advance(Math.ceil(Math.random() * 1_000));
      server.restart();
      await serve(server, store, first);
    } else {
      network.partition(server, client);
      await network.advance(Math.ceil(Math.random() * 3_000));
      network.heal(server, client);
    }
  }
}

/** Runs it with a seed. Returns the digest of its trace; throws if a record is missing. */
export function storeAndRetry(seed: number, options: StoreAndRetryOptions = {}): Promise<string> {
  const { acknowledgesFirst = false } = options;
  return simulate({ seed }, async (network) => {
    const server = network.host("server");
    const client = network.host("client");
    network.link(server, client, { latency: "10ms", jitter: "5ms", loss: Math.random() * 0.2 });
    // What a disk keeps: it survives crashes.
    const store = new Set<number>();
    await serve(server, store, acknowledgesFirst);
    const faults = disturb(network, server, client, store, acknowledgesFirst);
    await client.run(() => send(client));
    await faults;
    await network.advance("1s");
    for (let record = 0; record < RECORDS; record += 1)
      if (!store.has(record)) throw new Error(`record ${record} was acknowledged, but is not stored`);
    return network.trace.digest;
  });
}
