import assert from "node:assert/strict";
import { once } from "node:events";
import net from "node:net";

/** A response exactly as received. */
export interface RawResponse {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

/** A connection of stock Node, with HTTP/1.1 written by hand. */
export class RawHttp {
  readonly socket: net.Socket;
  #received = "";
  #over = false;
  #error: Error | undefined;

  constructor(port: number) {
    this.socket = net.connect({ port, host: "127.0.0.1", allowHalfOpen: true });
    this.socket.setEncoding("latin1").on("data", (text: string) => {
      this.#received += text;
      this.socket.emit("more");
    });
    this.socket.once("end", () => {
      this.#over = true;
      this.socket.emit("more");
    });
    this.socket.once("error", (error) => {
      this.#error = error;
      this.#over = true;
      this.socket.emit("more");
    });
  }

  send(text: string): void {
    this.socket.write(text, "latin1");
  }

  /** The next response, with a body of a known length, in chunks, or up to the end. */
  async response(): Promise<RawResponse> {
    const head = await this.#take(/^([\s\S]*?)\r\n\r\n/);
    const [first = "", ...lines] = (head[1] ?? "").split("\r\n");
    const status = Number(/^HTTP\/1\.1 (\d+)/.exec(first)?.[1]);
    const headers = new Map(lines.map((line) => splitHeader(line)));
    return { status, headers, body: await this.#body(status, headers) };
  }

  /** Waits for the connection's end; a reset is an error. */
  async end(): Promise<void> {
    while (!this.#over) await once(this.socket, "more");
    assert.equal(this.#error, undefined);
    this.socket.destroy();
  }

  /** Asserts that exactly this text comes next. */
  async text(expected: string): Promise<void> {
    while (this.#received.length < expected.length && !this.#over) await once(this.socket, "more");
    assert.equal(this.#received.slice(0, expected.length), expected, this.#error?.message);
    this.#received = this.#received.slice(expected.length);
  }

  async #body(status: number, headers: ReadonlyMap<string, string>): Promise<string> {
    if (status < 200 || status === 304) return "";
    if (headers.get("transfer-encoding") === "chunked") {
      let body = "";
      for (;;) {
        const size = Number.parseInt((await this.#take(/^([0-9a-f]+)\r\n/i))[1] ?? "", 16);
        const chunk = await this.#bytes(size);
        await this.#take(/^\r\n/);
        if (size === 0) return body;
        body += chunk;
      }
    }
    const length = headers.get("content-length");
    if (length !== undefined) return this.#bytes(Number(length));
    while (!this.#over) await once(this.socket, "more");
    return this.#bytes(this.#received.length);
  }

  async #bytes(count: number): Promise<string> {
    while (this.#received.length < count) {
      assert.ok(!this.#over, `ended within a body: ${this.#error?.message}`);
      await once(this.socket, "more");
    }
    const taken = this.#received.slice(0, count);
    this.#received = this.#received.slice(count);
    return taken;
  }

  async #take(what: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const found = what.exec(this.#received);
      if (found !== null) {
        this.#received = this.#received.slice(found[0].length);
        return found;
      }
      assert.ok(!this.#over, `ended before ${what}: ${this.#error?.message} ${this.#received}`);
      await once(this.socket, "more");
    }
  }
}

function splitHeader(line: string): readonly [name: string, value: string] {
  const colon = line.indexOf(":");
  return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
}
