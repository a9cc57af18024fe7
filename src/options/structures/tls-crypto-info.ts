import { checkObject } from "../../errors/argument.ts";
import { checkBytes } from "../codecs.ts";
import type { WriteCodec } from "../option.ts";
import { named } from "./fields.ts";

/**
 * The keys of one direction of a TLS connection: struct tls12_crypto_info_aes_gcm_128 and so on.
 */
export interface TlsCryptoInfo {
  readonly version: "TLSv1.2" | "TLSv1.3";
  readonly cipher: "aes-128-gcm" | "aes-256-gcm" | "chacha20-poly1305";
  /** 16 bytes for aes-128-gcm, 32 for the others. */
  readonly key: Uint8Array;
  /** 8 bytes, or 12 for chacha20-poly1305. */
  readonly iv: Uint8Array;
  /** 4 bytes, or none for chacha20-poly1305. */
  readonly salt: Uint8Array;
  /** 8 bytes. */
  readonly recSeq: Uint8Array;
}

const VERSIONS = { "TLSv1.2": 0x0303, "TLSv1.3": 0x0304 } as const;
const CIPHERS = { "aes-128-gcm": 51, "aes-256-gcm": 52, "chacha20-poly1305": 54 } as const;
const SIZES = {
  "aes-128-gcm": { iv: 8, key: 16, salt: 4 },
  "aes-256-gcm": { iv: 8, key: 32, salt: 4 },
  "chacha20-poly1305": { iv: 12, key: 32, salt: 0 },
} as const;

/**
 * struct tls_crypto_info { __u16 version, cipher_type }, then iv, key, salt and rec_seq
 * (include/uapi/linux/tls.h).
 */
export const tlsCryptoInfo: WriteCodec<TlsCryptoInfo> = {
  encode(value, into) {
    checkObject("the option", "{ version, cipher, key, iv, salt, recSeq }", value);
    const { cipher, version } = value;
    const numbers = [named("version", version, VERSIONS), named("cipher", cipher, CIPHERS)] as const;
    const { iv, key, salt } = SIZES[cipher];
    const parts = [
      checkBytes("iv", value.iv, iv, iv),
      checkBytes("key", value.key, key, key),
      checkBytes("salt", value.salt, salt, salt),
      checkBytes("recSeq", value.recSeq, 8, 8),
    ];
    into.view.setUint16(0, numbers[0], true);
    into.view.setUint16(2, numbers[1], true);
    let at = 4;
    for (const part of parts) {
      into.bytes.set(part, at);
      at += part.byteLength;
    }
    into.length = at;
  },
};
