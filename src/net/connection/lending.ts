import { type BufferLoan, keepLent, loanOf } from "../../engine/received-bytes.ts";
import { asResult, type PieceSource } from "./pieces.ts";

/**
 * What an iterator has lent. Separate, so that it outlives an abandoned iterator: it references
 * neither the iterator nor the view, which references the iterator.
 */
class Loan {
  #loan: BufferLoan | undefined;
  #generation = 0;

  /** Takes a piece, which stays lent as long as its holder is reachable. */
  take(piece: Uint8Array, holder: object): Uint8Array {
    const view = keepLent(piece, holder);
    this.#loan = loanOf(view);
    this.#generation = this.#loan?.generation ?? 0;
    return view;
  }

  giveBack(): void {
    const loan = this.#loan;
    this.#loan = undefined;
    if (loan?.generation === this.#generation) loan.giveBack();
  }
}

/** Returns the memory of an iterator that was abandoned without calling return(). */
const abandoned = new FinalizationRegistry<Loan>((loan) => loan.giveBack());

/** Iterates over the chunks of a connection in the engine's memory, each lent until the next. */
export class Lending implements AsyncIterableIterator<Uint8Array, void, void> {
  readonly #source: PieceSource;
  readonly #loan = new Loan();
  #left = false;
  readonly #take = (piece: Uint8Array | null): IteratorResult<Uint8Array, void> => {
    this.#loan.giveBack();
    return asResult(piece === null ? null : this.#loan.take(piece, this));
  };

  constructor(source: PieceSource) {
    this.#source = source;
    abandoned.register(this, this.#loan);
  }

  next(): Promise<IteratorResult<Uint8Array, void>> {
    this.#loan.giveBack();
    return this.#left ? Promise.resolve(asResult(null)) : this.#source.readNext(this.#take, true);
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
