import { NO_TCP_OPTIONS, type TcpOptions } from "../ip/packet.ts";

/** The options of a segment with timestamps only; segments of one moment share them. */
export class TimestampOptions {
  #value = 0;
  #echo = 0;
  #options: TcpOptions | undefined;

  of(value: number, echo: number): TcpOptions {
    if (this.#options === undefined || value !== this.#value || echo !== this.#echo) {
      this.#value = value;
      this.#echo = echo;
      this.#options = { ...NO_TCP_OPTIONS, timestamps: { value, echo } };
    }
    return this.#options;
  }
}
