import { outOfRange } from "../../errors/argument.ts";
import { type Codec, checkBytes } from "../codecs.ts";

const KEY_LENGTH = 16;
/** The current key, and the previous one, whose cookies are still valid. */
const MAX_KEYS = 2;

/**
 * One or two Fast Open cookie keys of 16 bytes each (tcp_fastopen_reset_cipher in
 * net/ipv4/tcp_fastopen.c).
 */
export const fastOpenKeys: Codec<Uint8Array> = {
  size: KEY_LENGTH * MAX_KEYS,
  decode: ({ valid }) => valid.slice(),
  encode(value, into) {
    const bytes = checkBytes("the option", value, KEY_LENGTH, KEY_LENGTH * MAX_KEYS);
    if (bytes.byteLength % KEY_LENGTH !== 0) {
      throw outOfRange(`the option is ${bytes.byteLength} bytes long; it must be 16 or 32`);
    }
    into.bytes.set(bytes);
    into.length = bytes.byteLength;
  },
};
