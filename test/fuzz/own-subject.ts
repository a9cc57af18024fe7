import type { EngineName } from "../../src/engine/engine.ts";
import { connect } from "../../src/net/connection/connect.ts";
import type { Connection } from "../../src/net/connection/connection.ts";
import type { HandledConnection } from "../../src/net/connection/handled-connection.ts";
import { PlainDuplex } from "../../src/net/connection/plain-duplex.ts";
import { listen } from "../../src/net/listener/listen.ts";
import { installConnectionSockets } from "../../src/node/net/connection-socket.ts";
import { getsockname } from "../../src/posix/getsockname.ts";
import type { Socket } from "../../src/posix/owned-socket.ts";
import { DuplexSubject } from "./node-subject.ts";
import type { Setting } from "./program.ts";
import { bufferOptions } from "./sockets.ts";
import type { Implementation, Subject, Told } from "./subject.ts";

// As the package's entry does.
installConnectionSockets();

/** A program with handlers. */
class HandledSubject implements Subject {
  readonly told: Told;
  readonly #connection: HandledConnection;

  constructor(connection: HandledConnection, told: Told) {
    this.told = told;
    this.#connection = connection;
    this.told.echo = (bytes) => this.#connection.write(bytes);
    this.told.pause = () => this.pause();
  }

  write(bytes: Uint8Array): void {
    this.#connection.write(bytes);
  }

  pause(): void {
    this.#connection.pause();
  }

  resume(): void {
    this.#connection.resume();
  }

  end(): void {
    this.#connection.end();
  }

  close(): void {
    this.#connection.close();
  }

  reset(): void {
    this.#connection.reset();
  }

  destroy(): void {
    this.#connection.close();
  }
}

/** A program that reads on demand, one read() after the other. */
class PulledSubject implements Subject {
  readonly told: Told;
  readonly #connection: Connection;
  #abort = new AbortController();
  #reading: Promise<void> | undefined;

  constructor(connection: Connection, told: Told) {
    this.told = told;
    this.#connection = connection;
    this.told.echo = (bytes) => this.write(bytes);
    this.told.pause = () => this.pause();
    this.told.ownsPieces = true;
    connection.closed.then(async (error) => {
      // A waiting read() settles before `closed` does, in no certain order of promises.
      await this.#reading;
      if (error !== null) this.told.failed(error);
      this.told.wasClosed();
    });
    this.resume();
  }

  write(bytes: Uint8Array): void {
    this.#connection.write(bytes).catch(this.#rejected);
  }

  pause(): void {
    this.#abort.abort(paused);
  }

  resume(): void {
    const before = this.#reading;
    if (before !== undefined && !this.#abort.signal.aborted) return;
    this.#abort = new AbortController();
    this.#reading = this.#read(this.#abort.signal, before);
  }

  async #read(signal: AbortSignal, before: Promise<void> | undefined) {
    await before;
    try {
      while (!signal.aborted) {
        const piece = await this.#connection.read({ signal });
        if (piece === null) {
          // A program that keeps reading after it was closed learns of the end then.
          if (!this.told.closed) this.told.end();
          return;
        }
        this.told.data(piece);
      }
    } catch (error) {
      this.#rejected(error);
    }
  }

  end(): void {
    this.#connection.end().catch(this.#rejected);
  }

  close(): void {
    this.#connection.close().catch(this.#rejected);
  }

  reset(): void {
    this.#connection.reset();
  }

  destroy(): void {
    this.close();
  }

  /** The program's own doing is not a failure. */
  readonly #rejected = (error: unknown): void => {
    if (error === paused) return;
    if (error instanceof Error && error.name === "SocketClosed") return;
    this.told.failed(error);
  };
}

const paused = new Error("paused");

/** The async API on one of its engines. */
export function ownImplementation(engine: EngineName): Implementation {
  const subjectOf = (connection: Connection, { face, transport }: Setting, told: Told): Subject => {
    // A Socket of berkeley/net throws where a net.Socket does.
    if (face === "duplex") return new DuplexSubject(connection.toDuplex(), transport === "tcp", told);
    if (face === "plain duplex") return new DuplexSubject(new PlainDuplex(connection), true, told);
    return new PulledSubject(connection, told);
  };

  return {
    name: engine,

    async accept(socket: Socket, setting: Setting, told: Told): Promise<Subject> {
      if (setting.face === "handlers") return serve(socket, engine, told);
      const listener = await listen({ socket, engine });
      const connection = await listener.accept();
      await listener.close();
      return subjectOf(connection, setting, told);
    },

    async connect(listener: Socket, setting: Setting, told: Told): Promise<Subject> {
      const options = bufferOptions(setting.buffers);
      const connection = await connect({ address: getsockname(listener), engine, options });
      return subjectOf(connection, setting, told);
    },
  };
}

function serve(socket: Socket, engine: EngineName, told: Told): Promise<Subject> {
  return new Promise((resolve, reject) => {
    const listening = listen(
      { socket, engine },
      {
        open(connection) {
          const subject = new HandledSubject(connection, told);
          listening.then((server) => server.close()).then(() => resolve(subject), reject);
        },
        data: (_, bytes) => told.data(bytes),
        end: () => told.end(),
        error: (_, error) => told.failed(error),
        close: () => told.wasClosed(),
      },
    );
    listening.catch(reject);
  });
}
