import { int, integer, invalidValue } from "../errors/argument.ts";
import type { OptionNumber, System } from "../system/system.ts";
import { OPTION_CAPACITY } from "../system/value-result.ts";
import { checkBytes } from "./codecs.ts";
import type { Option } from "./option.ts";

/**
 * An option that has no descriptor here, by its level and number, in bytes.
 *
 * The value that is read is as long as the kernel made it; the one that is set is copied. Options
 * whose value points into the process's memory (SO_ATTACH_FILTER, SO_ATTACH_REUSEPORT_CBPF,
 * SO_GET_FILTER, TCP_ZEROCOPY_RECEIVE and others) are refused. An option newer than this library
 * may be one of these unknown to it: the caller answers for what the bytes mean.
 *
 * @param level `SOL.SOCKET`, `IPPROTO.TCP` and so on, or any number that the system gives to a
 * level
 * @param number the option, as the system numbers it
 * @param size how many bytes to ask for: 0 to 16384; some options take only their own size
 * @throws TypeError from `getsockopt()` and `setsockopt()`, if the option is one that carries a
 * pointer
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
          `option ${number} of level ${level} carries a pointer into the process's memory, and cannot be handed over as bytes`,
        );
      }
      return identity;
    },
    read: {
      size,
      // Some options read their value before they answer: they must not find what another left
      // there.
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
