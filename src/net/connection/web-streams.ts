import type { ReadableStream, WritableStream } from "node:stream/web";
import { builtin } from "../../builtin.ts";
import { isUint8Array } from "../../system/view.ts";
import type { Connection } from "./connection.ts";
import type { ConnectionReader } from "./connection-reader.ts";
import type { Data } from "./data.ts";

// From node:stream/web rather than the globals, which jsdom lacks.
const streams = () => builtin("node:stream/web") ?? globalThis;

/** Reads only on demand, and into the reader's buffer if it supplies one. */
export function readableOf(connection: ConnectionReader): ReadableStream<Uint8Array> {
  return new (streams().ReadableStream)(
    {
      type: "bytes",
      async pull(controller) {
        const request = controller.byobRequest;
        const into = request?.view;
        if (request === null || !isUint8Array(into)) {
          const piece = await connection.read();
          if (piece === null) controller.close();
          else controller.enqueue(piece);
          return;
        }
        const count = await connection.read({ into });
        // A read of zero bytes tells a "byob" reader that waits for its buffer about the end.
        if (count === null) controller.close();
        request.respond(count ?? 0);
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
