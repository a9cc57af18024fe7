import type { SocketError } from "./socket-error.ts";

/**
 * Tells more of a failed call than the call itself knows; undefined where there is nothing to tell.
 */
export type ExplanationProvider = (error: SocketError) => string | undefined;

let provider: ExplanationProvider | undefined;

/** Has the messages of errors that are thrown from now on tell the account. */
export function provideExplanations(teller: ExplanationProvider): void {
  provider = teller;
}

/**
 * Has the message of an error that is thrown tell its account, made when it is first read: who goes
 * by the error's name alone pays nothing for it. V8 writes the stack's first line when the stack is
 * read, so that has it, too.
 */
export function addExplanation(error: SocketError): void {
  if (provider === undefined) return;
  const teller = provider;
  const plain = error.message;
  const set = (value: string) =>
    void Object.defineProperty(error, "message", {
      value,
      writable: true,
      enumerable: false,
      configurable: true,
    });
  Object.defineProperty(error, "message", {
    configurable: true,
    enumerable: false,
    set,
    get() {
      // While it is made, and where that fails, it is as it was.
      set(plain);
      set(withoutFailing(() => teller(error)) ?? plain);
      return error.message;
    },
  });
}

/** To read a message must never throw. */
function withoutFailing(tell: () => string | undefined): string | undefined {
  try {
    return tell();
  } catch {
    return undefined;
  }
}
