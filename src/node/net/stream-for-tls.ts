// The stream that Node's TLS reads and writes when a program upgrades one of our connections, as
// with STARTTLS. Like a libuv handle it is below the Socket, so the Socket's own listeners get no
// ciphertext, and the program may emit `data` on it.
import { Duplex } from "node:stream";
import type tls from "node:tls";
import { defined } from "../../invariant.ts";
import type { Callback } from "./internals.ts";
import type { StreamHandle } from "./stream-handle.ts";
import { type Chunk, writeChunks } from "./write-chunks.ts";

/** The Socket's connection, while it has one. */
interface HasConnection {
  readonly _connection: StreamHandle | null;
}

/** The bytes of a Socket's connection, for TLS. */
export class StreamForTls extends Duplex {
  /** Node's handle in C++ of such a stream, which TLS takes. */
  readonly handle: unknown;
  /** The TLSSocket that took it. */
  owner: Duplex | undefined;
  readonly #socket: HasConnection;

  constructor(socket: HasConnection) {
    super({ allowHalfOpen: true });
    this.#socket = socket;
    const over = new (socketOverStream())(this);
    over.on("error", (error) => this.owner?.destroy(error));
    this.handle = Reflect.get(over, "_handle");
  }

  override _read(): void {
    this.#socket._connection?.readStart();
  }

  override _write(chunk: Uint8Array, _encoding: string, done: Callback): void {
    this.#send((connection) => connection.write(chunk), done);
  }

  override _writev(chunks: Chunk[], done: Callback): void {
    this.#send((connection) => writeChunks(connection, chunks), done);
  }

  override _final(done: Callback): void {
    if (this.#socket._connection === null) done();
    else this.#socket._connection.shutdown(done);
  }

  /** The program may have ended the Socket itself: then nothing is sent. */
  #send(write: (connection: StreamHandle) => void, done: Callback) {
    const connection = this.#socket._connection;
    if (connection === null || connection.isShutDown) {
      done();
      return;
    }
    write(connection);
    connection.whenWritten(done);
  }
}

/** A Socket whose connection TLS may take. */
interface Upgradable extends HasConnection {
  readonly _forTls: StreamForTls | null;
}

/** Makes a Socket of Node's over a Duplex. */
type SocketOverStream = new (stream: Duplex) => Duplex;

let made: SocketOverStream | undefined;

/** Node's JSStreamSocket, which is the parent of a TLSSocket over any Duplex. */
function socketOverStream(): SocketOverStream {
  if (made !== undefined) return made;
  const { TLSSocket }: typeof tls = process.getBuiltinModule("node:tls");
  const sample = new TLSSocket(new Duplex({ read() {} }));
  sample.on("error", () => {});
  // @types/node does not declare it.
  const { _handle } = sample as unknown as { _handle: { _parentWrap?: { constructor: SocketOverStream } } };
  made = defined(_handle._parentWrap, "a TLSSocket over a Duplex has a parent").constructor;
  sample.destroy();
  noteOwners(TLSSocket.prototype);
  return made;
}

/** Its constructor calls `_wrapHandle()` with the Socket whose handle it has taken. */
function noteOwners(prototype: tls.TLSSocket): void {
  const wrapHandle: unknown = Reflect.get(prototype, "_wrapHandle");
  if (typeof wrapHandle !== "function") return;
  const method = function (
    this: tls.TLSSocket,
    socket: Partial<Upgradable> | null,
    ...rest: unknown[]
  ): unknown {
    if (socket?._forTls instanceof StreamForTls) socket._forTls.owner = this;
    return Reflect.apply(wrapHandle, this, [socket, ...rest]);
  };
  Reflect.set(prototype, "_wrapHandle", method);
}
