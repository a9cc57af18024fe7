import { host } from "../system/host.ts";

/** The constants of this machine's system, under their C names. */
export const { AF, IPPROTO, MSG, POLL, SHUT, SOCK, SOMAXCONN } = host.constants;
