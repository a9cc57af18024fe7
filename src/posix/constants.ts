import { host } from "../system/host.ts";

export type {
  AddressFamilies,
  MessageFlags,
  OptionLevels,
  PollEvents,
  Protocols,
  Shutdowns,
  SocketTypes,
} from "../system/constants.ts";

// The constants of this machine's system, under their C names.

/** Address families: the first argument of `socket()`. */
export const AF = host.constants.AF;

/** Protocols: the third argument of `socket()`; 0 is the usual one of the type. */
export const IPPROTO = host.constants.IPPROTO;

/** Flags of `send()` and `recv()`, combined with `|`. */
export const MSG = host.constants.MSG;

/** Events of `poll()`, combined with `|`. */
export const POLL = host.constants.POLL;

/** What `shutdown()` ends. */
export const SHUT = host.constants.SHUT;

/** Socket types: the second argument of `socket()`. */
export const SOCK = host.constants.SOCK;

/** Levels of options, beside the protocols of `IPPROTO`: the first argument of `rawOption()`. */
export const SOL = host.constants.SOL;

/** The largest backlog that `<sys/socket.h>` names. The kernel's own limit may differ: on Linux, `net.core.somaxconn`. */
export const SOMAXCONN = host.constants.SOMAXCONN;
