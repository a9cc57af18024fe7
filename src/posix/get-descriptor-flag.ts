import type { ErrorSet, ErrorUnion } from "../errors/error-set.ts";
import type { ErrorName } from "../errors/names.ts";
import type { Result } from "../errors/result.ts";
import type { System } from "../system/system.ts";
import { borrowDescriptor } from "./borrow.ts";
import type { Descriptor } from "./owned-descriptor.ts";

/** Reads a flag of a descriptor, of a socket or any other file. */
export function getDescriptorFlag<Name extends ErrorName>(
  errors: ErrorSet<Name | "SocketClosed">,
  socket: Descriptor | number,
  get: (system: System, fd: number) => number,
): Result<boolean, ErrorUnion<Name | "SocketClosed">> {
  const { system, fd } = borrowDescriptor(socket);
  if (fd < 0) return errors.fail(system, "SocketClosed");
  const returned = get(system, fd);
  return returned >= 0 ? { ok: true, value: returned === 1 } : errors.failure(system, returned);
}
