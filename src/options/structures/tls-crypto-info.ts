import { checkObject } from "../../errors/argument.ts";
import { checkBytes } from "../codecs.ts";
import type { WriteCodec } from "../option.ts";
import { named } from "./fields.ts";

/**
 * The keys of one direction of a TLS connection: struct tls12_crypto_info_aes_gcm_128 and so on.
 */
export interface TlsCryptoInfo {
  readonly version: "TLSv1.2" | "TLSv1.3";
  /** SM4 takes Linux 5.16, ARIA Linux 6.1 and TLS 1.2. */
  readonly cipher:
    | "aes-128-ccm"
    | "aes-128-gcm"
    | "aes-256-gcm"
    | "aria-128-gcm"
    | "aria-256-gcm"
    | "chacha20-poly1305"
    | "sm4-ccm"
    | "sm4-gcm";
  /** 32 bytes for aes-256-gcm, aria-256-gcm and chacha20-poly1305, 16 for the others. */
  readonly key: Uint8Array;
  /** 8 bytes, or 12 for chacha20-poly1305. */
  readonly iv: Uint8Array;
  /** 4 bytes, or none for chacha20-poly1305. */
  readonly salt: Uint8Array;
  /** 8 bytes. */
  readonly recSeq: Uint8Array;
}

const VERSIONS = { "TLSv1.2": 0x0303, "TLSv1.3": 0x0304 } as const;
/** TLS_CIPHER_AES_GCM_128 and so on. */
const CIPHERS = {
  "aes-128-ccm": 53,
  "aes-128-gcm": 51,
  "aes-256-gcm": 52,
  "aria-128-gcm": 57,
  "aria-256-gcm": 58,
  "chacha20-poly1305": 54,
  "sm4-ccm": 56,
  "sm4-gcm": 55,
} as const;
const block128 = { iv: 8, key: 16, salt: 4 } as const;
const block256 = { iv: 8, key: 32, salt: 4 } as const;
const SIZES = {
  "aes-128-ccm": block128,
  "aes-128-gcm": block128,
  "aes-256-gcm": block256,
  "aria-128-gcm": block128,
  "aria-256-gcm": block256,
  "chacha20-poly1305": { iv: 12, key: 32, salt: 0 },
  "sm4-ccm": block128,
  "sm4-gcm": block128,
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
