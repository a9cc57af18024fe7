import { checkObject, elements, integer } from "../../errors/argument.ts";
import type { WriteCodec } from "../option.ts";

/** A run of buffers to return to the kernel after reading: struct dmabuf_token. */
export interface DmabufToken {
  /** The first `frag_token` of a received SCM_DEVMEM_DMABUF. */
  readonly start: number;
  /** The number of tokens in the run, including the first. */
  readonly count: number;
}

/** sock_devmem_dontneed in net/core/sock.c accepts no more per call. */
const MAX_TOKENS = 128;

/** struct dmabuf_token is { __u32 token_start; __u32 token_count } (include/uapi/linux/uio.h). */
export const dmabufTokens: WriteCodec<readonly DmabufToken[]> = {
  encode(value, into) {
    const tokens = elements("the option", "an array of { start, count }", value);
    integer("the number of tokens", tokens.length, 1, MAX_TOKENS);
    for (const [index, token] of tokens.entries()) {
      checkObject("a token", "{ start, count }", token);
      into.view.setUint32(index * 8, integer("start", token.start, 0, 0xffffffff), true);
      into.view.setUint32(index * 8 + 4, integer("count", token.count, 0, 0xffffffff), true);
    }
    into.length = tokens.length * 8;
  },
};
