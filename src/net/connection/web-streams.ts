import type { ReadableStream, WritableStream } from "node:stream/web";
import { builtin } from "../../builtin.ts";
import type { Connection } from "./connection.ts";
import type { Data } from "./data.ts";

// From node:stream/web rather than the globals, which jsdom lacks.
const streams = () => builtin("node:stream/web") ?? globalThis;

/** Reads only on demand. */
export function readableOf(connection: Connection): ReadableStream<Uint8Array> {
  return new (streams().ReadableStream)<Uint8Array>(
    {
      async pull(controller) {
        const piece = await connection.read();
        if (piece === null) controller.close();
        else controller.enqueue(piece);
      },
      cancel() {
        connection.discardInput();
      },
    },
    { highWaterMark: 0 },
  );
}

export function writableOf(connection: Connection): WritableStream<Data> {
  return new (streams().WritableStream)<Data>({
    write: (data) => connection.write(data),
    close: () => connection.end(),
    abort: () => connection.reset(),
  });
}
