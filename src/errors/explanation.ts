import type { SocketError } from "./socket-error.ts";

/** Explains a failed call in more detail than the call itself can, or returns undefined. */
export type ExplanationProvider = (error: SocketError) => string | undefined;

let provider: ExplanationProvider | undefined;

/** Sets the provider that explains the messages of errors thrown from now on. */
export function provideExplanations(teller: ExplanationProvider): void {
  provider = teller;
}

/**
 * Adds the explanation to a thrown error's message. It is computed when the message is first read,
 * so a program that only looks at the name pays nothing. V8 writes the first line of the stack when
 * the stack is read, so the explanation is there too.
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
