import { integer } from "../errors/argument.ts";
import { OPTION_CAPACITY } from "../system/value-result.ts";
import { bytes } from "./codecs.ts";
import { type WriteCodec, writeOnly } from "./option.ts";

/** The number is the length of the value, which the kernel does not read (alg_setsockopt). */
const authenticationSize: WriteCodec<number> = {
  encode(value, into) {
    const size = integer("the option", value, 0, 0xff);
    into.bytes.fill(0, 0, size);
    into.length = size;
  },
};

/**
 * Options of SOL_ALG (Documentation/crypto/userspace-if.rst), under their C names. They are set on
 * the socket that is bound to the algorithm, before `accept()`. Receiving from a cipher waits until
 * the buffer is full, so it must have the length of the result.
 */
export const ALG = {
  /** How many bytes the authentication tag of an AEAD cipher has. */
  SET_AEAD_AUTHSIZE: writeOnly("ALG_SET_AEAD_AUTHSIZE", authenticationSize),
  /** The key. */
  SET_KEY: writeOnly("ALG_SET_KEY", bytes(OPTION_CAPACITY)),
};
