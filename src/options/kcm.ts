import { flag } from "./codecs.ts";
import { option } from "./option.ts";

/** The option of SOL_KCM (Documentation/networking/kcm.rst), under its C name. */
export const KCM = {
  /** The socket gets no more messages; others of its multiplexor receive them. */
  RECV_DISABLE: option("KCM_RECV_DISABLE", flag),
};
