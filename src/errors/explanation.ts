import { currentSystem, machineSystem } from "../system/current.ts";
import { onThrow, type SocketError } from "./socket-error.ts";

/** Explains a failed call in more detail than the call itself can, or returns undefined. */
export type ExplanationProvider = (error: SocketError) => string | undefined;

/** Sets the provider that explains the messages of errors thrown from now on. */
export function provideExplanations(provider: ExplanationProvider): void {
  onThrow((error) => {
    // A simulated host's ports are not in this machine's tables.
    if (currentSystem() === machineSystem()) explainWhenRead(error, provider);
  });
}

/**
 * Asks the provider when the message is first read, so that a program that only checks the error's
 * name pays nothing. V8 formats the stack's first line when the stack is read, so the explanation
 * is included there.
 */
function explainWhenRead(error: SocketError, provider: ExplanationProvider): void {
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
      // The provider may read the message, and may throw.
      set(plain);
      set(withoutFailing(() => provider(error)) ?? plain);
      return error.message;
    },
  });
}

/** Reading a message must never throw. */
function withoutFailing(explain: () => string | undefined): string | undefined {
  try {
    return explain();
  } catch {
    return undefined;
  }
}
