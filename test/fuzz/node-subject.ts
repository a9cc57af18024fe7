import { once } from "node:events";
import net from "node:net";
import type { Duplex } from "node:stream";
import type { Socket } from "../../src/posix/owned-socket.ts";
import { isDuplex, type Setting } from "./program.ts";
import { connectedTo } from "./sockets.ts";
import type { Implementation, Subject, Told } from "./subject.ts";

/** The interface that a net.Socket and a Connection's Duplex share. */
interface SocketDuplex extends Duplex {
  destroySoon(): void;
  resetAndDestroy(): unknown;
}

/** A program that uses a net.Socket, or a Duplex instead. */
export class DuplexSubject implements Subject {
  readonly told: Told;
  readonly #duplex: SocketDuplex;
  readonly #resets: boolean;

  /** @param resets whether it can be reset: node:net only resets TCP connections */
  constructor(duplex: SocketDuplex, resets: boolean, told: Told) {
    this.told = told;
    this.#duplex = duplex;
    this.#resets = resets;
    this.told.echo = (bytes) => this.write(bytes);
    this.told.pause = () => this.pause();
    this.told.ownsPieces = true;
    duplex.on("data", (bytes: Buffer) => this.told.data(bytes));
    duplex.on("end", () => this.told.end());
    duplex.on("error", (error) => this.told.failed(error));
    duplex.on("close", () => this.told.wasClosed());
  }

  write(bytes: Uint8Array): void {
    if (this.#duplex.writable) this.#duplex.write(bytes);
  }

  pause(): void {
    this.#duplex.pause();
  }

  resume(): void {
    this.#duplex.resume();
  }

  end(): void {
    this.#duplex.end();
  }

  close(): void {
    this.#duplex.destroySoon();
  }

  reset(): void {
    if (this.#resets) this.#duplex.resetAndDestroy();
    else this.#duplex.destroy();
  }

  destroy(): void {
    this.#duplex.destroy();
  }
}

/**
 * The reference for our interfaces. The Duplex is compared with a net.Socket as most programs use
 * it.
 */
export const nodeImplementation: Implementation = {
  name: "node",

  async accept(listener: Socket, setting: Setting, told: Told): Promise<Subject> {
    const { transport } = setting;
    const server = net.createServer({ allowHalfOpen: !isDuplex(setting) });
    const subject = new Promise<Subject>((resolve) => {
      server.once("connection", (socket) => resolve(new DuplexSubject(socket, transport === "tcp", told)));
    });
    server.listen({ fd: listener.detach() });
    const accepted = await subject;
    server.close();
    return accepted;
  },

  async connect(listener: Socket, setting: Setting, told: Told): Promise<Subject> {
    const { transport } = setting;
    const fd = connectedTo(listener, setting).detach();
    const socket = new net.Socket({
      fd,
      readable: true,
      writable: true,
      allowHalfOpen: !isDuplex(setting),
    });
    if (socket.connecting) await once(socket, "connect");
    return new DuplexSubject(socket, transport === "tcp", told);
  },
};
