import { giveBackLent, keepLent } from "../../engine/received-bytes.ts";
import { asResult, type PieceSource } from "./pieces.ts";

/** The view that an iterator has lent; apart from it, so that it outlives an abandoned one. */
class Loan {
  #view: Uint8Array | undefined;

  /** Takes a piece, and keeps it lent. */
  readonly take = (piece: Uint8Array | null): IteratorResult<Uint8Array, void> => {
    this.giveBack();
    if (piece === null) return asResult(null);
    this.#view = keepLent(piece);
    return asResult(this.#view);
  };

  giveBack(): void {
    if (this.#view === undefined) return;
    giveBackLent(this.#view);
    this.#view = undefined;
  }
}

/** Gives back what an iterator had that a program abandoned without calling return(). */
const abandoned = new FinalizationRegistry<Loan>((loan) => loan.giveBack());

/** Iterates over the chunks of a connection in the engine's memory, each lent until the next. */
export class Lending implements AsyncIterableIterator<Uint8Array, void, void> {
  readonly #source: PieceSource;
  readonly #loan = new Loan();
  #left = false;

  constructor(source: PieceSource) {
    this.#source = source;
    abandoned.register(this, this.#loan);
  }

  next(): Promise<IteratorResult<Uint8Array, void>> {
    this.#loan.giveBack();
    return this.#left ? Promise.resolve(asResult(null)) : this.#source.readNext(this.#loan.take, true);
  }

  return(): Promise<IteratorResult<Uint8Array, void>> {
    this.#left = true;
    this.#loan.giveBack();
    return Promise.resolve(asResult(null));
  }

  throw(reason: unknown): Promise<IteratorResult<Uint8Array, void>> {
    this.#left = true;
    this.#loan.giveBack();
    return Promise.reject(reason);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
