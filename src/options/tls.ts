import { flag } from "./codecs.ts";
import { option, writeOnly } from "./option.ts";
import { tlsCryptoInfo } from "./structures/tls-crypto-info.ts";

/**
 * Options of SOL_TLS (Documentation/networking/tls.rst), under their C names, once TCP.ULP is
 * `"tls"`: the kernel encrypts what is sent and decrypts what is received.
 */
export const TLS = {
  /** The keys for receiving. */
  RX: writeOnly("TLS_RX", tlsCryptoInfo),
  /** Expects TLS 1.3 records without padding, which are faster to receive; Linux 6.0. */
  RX_EXPECT_NO_PAD: option("TLS_RX_EXPECT_NO_PAD", flag),
  /** The keys for sending. */
  TX: writeOnly("TLS_TX", tlsCryptoInfo),
  /** Sends files without copying them if the device encrypts; Linux 5.19. */
  TX_ZEROCOPY_RO: option("TLS_TX_ZEROCOPY_RO", flag),
};
