import { integer } from "../errors/argument.ts";
import { type Codec, flag } from "./codecs.ts";
import { option, readOnly } from "./option.ts";
import { milliseconds } from "./structures/timeval.ts";

/** A number of bytes, as a __u64. */
const size: Codec<number> = {
  size: 8,
  decode: ({ view }) => Number(view.getBigUint64(0, true)),
  encode(value, into) {
    into.view.setBigUint64(0, BigInt(integer("the option", value, 0, Number.MAX_SAFE_INTEGER)), true);
    into.length = 8;
  },
};

/** Options of AF_VSOCK (vsock(7)), under their C names. */
export const VSOCK = {
  /** The upper limit of BUFFER_SIZE. */
  VM_SOCKETS_BUFFER_MAX_SIZE: option("SO_VM_SOCKETS_BUFFER_MAX_SIZE", size),
  /** The lower limit of BUFFER_SIZE. */
  VM_SOCKETS_BUFFER_MIN_SIZE: option("SO_VM_SOCKETS_BUFFER_MIN_SIZE", size),
  /** The size of the receive buffer in bytes. */
  VM_SOCKETS_BUFFER_SIZE: option("SO_VM_SOCKETS_BUFFER_SIZE", size),
  /** The timeout of connect() in milliseconds. */
  VM_SOCKETS_CONNECT_TIMEOUT: option("SO_VM_SOCKETS_CONNECT_TIMEOUT", milliseconds),
  /** Whether the peer is trusted; VMware only. */
  VM_SOCKETS_TRUSTED: readOnly("SO_VM_SOCKETS_TRUSTED", flag),
};
