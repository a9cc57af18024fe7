import { int, integer, invalidValue } from "../errors/argument.ts";
import type { OptionNumber, System } from "../system/system.ts";
import { OPTION_CAPACITY } from "../system/value-result.ts";
import { checkBytes } from "./codecs.ts";
import type { Option } from "./option.ts";

/**
 * An option given by level and number, with its value as bytes, for options that berkeley does not
 * define.
 *
 * A value read has the length that the kernel returned; a value set is copied. Options whose value
 * contains pointers into the process's memory (SO_ATTACH_FILTER, SO_ATTACH_REUSEPORT_CBPF,
 * SO_GET_FILTER, TCP_ZEROCOPY_RECEIVE and others) are rejected. An option newer than this library
 * may also contain pointers without berkeley knowing: the caller is responsible for the meaning of
 * the bytes.
 *
 * @param level `SOL.SOCKET`, `IPPROTO.TCP` and so on, or any other level number
 * @param number the option's number on this system
 * @param size how many bytes to request: 0 to 16384; some options accept only their exact size
 * @throws TypeError from `getsockopt()` and `setsockopt()`, if the option carries a pointer
 * @throws RangeError if a number is out of range; from `setsockopt()`, if the value is longer than
 * 16384 bytes
 * @example
 * ```ts
 * using client = socket(AF.INET, SOCK.STREAM);
 * const keepIdle = rawOption(IPPROTO.TCP, 4, 4);
 * setsockopt(client, keepIdle, new Uint8Array(Int32Array.of(60).buffer));
 * console.log(getsockopt(client, keepIdle)); // Uint8Array(4) [ 60, 0, 0, 0 ]
 * ```
 */
export function rawOption(level: number, number: number, size = OPTION_CAPACITY): Option<Uint8Array> {
  const identity: OptionNumber = { level: int("level", level), number: int("number", number) };
  integer("size", size, 0, OPTION_CAPACITY);
  return {
    name: `option ${number} of level ${level}`,
    numberOn(system) {
      if (carriesPointer(system, identity)) {
        throw invalidValue(
          `option ${number} of level ${level} carries a pointer into the process's memory, and cannot ` +
            "be handed over as bytes",
        );
      }
      return identity;
    },
    read: {
      size,
      // Some options read the buffer before they answer, so they must not see another option's
      // leftovers.
      prepare: (into) => void into.bytes.fill(0),
      decode: ({ valid }) => valid.slice(),
    },
    write: {
      encode(value, into) {
        const bytes = checkBytes("the value of the option", value, 0, OPTION_CAPACITY);
        into.bytes.set(bytes);
        into.length = bytes.byteLength;
      },
    },
  };
}

function carriesPointer(system: System, { level, number }: OptionNumber): boolean {
  return system.pointerOptions.some((option) => option.level === level && option.number === number);
}
