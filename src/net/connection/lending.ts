import { type BufferLoan, keepLent, loanOf } from "../../engine/received-bytes.ts";
import { asResult, type PieceSource } from "./pieces.ts";

/**
 * What an iterator has lent; apart from it, so that it outlives an abandoned one. It holds neither
 * the iterator nor the view, which holds the iterator.
 */
class Loan {
  #loan: BufferLoan | undefined;
  #generation = 0;

  /** Takes a piece, and keeps it lent for as long as its holder lives. */
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

/** Gives back what an iterator had that a program abandoned without calling return(). */
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
