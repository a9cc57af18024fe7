/** What a `try…` call returns: the value, or the error that the call's type names. */
export type Result<Value, Failure> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly error: Failure };
