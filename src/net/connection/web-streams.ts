import { ReadableStream, WritableStream } from "node:stream/web";
import type { Connection } from "./connection.ts";
import type { Data } from "./data.ts";

/** Reads only on demand. */
export function readableOf(connection: Connection): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>(
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
  return new WritableStream<Data>({
    write: (data) => connection.write(data),
    close: () => connection.end(),
    abort: () => connection.reset(),
  });
}
