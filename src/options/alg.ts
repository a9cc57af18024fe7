import { integer } from "../errors/argument.ts";
import { OPTION_CAPACITY } from "../system/value-result.ts";
import { bytes, int } from "./codecs.ts";
import { type WriteCodec, writeOnly } from "./option.ts";

/** The value is passed as the option's length; the kernel reads no bytes (alg_setsockopt). */
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
  /** The size of an AEAD cipher's authentication tag in bytes. */
  SET_AEAD_AUTHSIZE: writeOnly("ALG_SET_AEAD_AUTHSIZE", authenticationSize),
  /**
   * Entropy for a random number generator, for tests of it: up to 256 bytes; needs CAP_SYS_ADMIN,
   * and CONFIG_CRYPTO_USER_API_RNG_CAVP; Linux 5.11.
   */
  SET_DRBG_ENTROPY: writeOnly("ALG_SET_DRBG_ENTROPY", bytes(256)),
  /** The key. */
  SET_KEY: writeOnly("ALG_SET_KEY", bytes(OPTION_CAPACITY)),
  /** The key with a serial number of keyctl(2); Linux 6.2. */
  SET_KEY_BY_KEY_SERIAL: writeOnly("ALG_SET_KEY_BY_KEY_SERIAL", int),
};
