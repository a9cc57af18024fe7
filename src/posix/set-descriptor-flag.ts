import { boolean } from "../errors/argument.ts";
import type { ErrorSet, ErrorUnion } from "../errors/error-set.ts";
import type { ErrorName } from "../errors/names.ts";
import type { Result } from "../errors/result.ts";
import type { System } from "../system/system.ts";
import { borrowDescriptor } from "./borrow.ts";
import type { Descriptor } from "./owned-descriptor.ts";

/**
 * Sets a flag of a descriptor, of a socket or any other file.
 *
 * @param what the name of the flag's argument
 */
export function setDescriptorFlag<Name extends ErrorName>(
  errors: ErrorSet<Name | "SocketClosed">,
  socket: Descriptor | number,
  what: "closeOnExec" | "nonblocking",
  flag: boolean,
  set: (system: System, fd: number) => number,
): Result<void, ErrorUnion<Name | "SocketClosed">> {
  boolean(what, flag);
  const { system, fd } = borrowDescriptor(socket);
  if (fd < 0) return errors.fail(system, "SocketClosed");
  const returned = set(system, fd);
  return returned >= 0 ? { ok: true, value: undefined } : errors.failure(system, returned);
}
