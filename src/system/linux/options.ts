import type { OptionNumber } from "../system.ts";

const SOL_SOCKET = 1;
const IPPROTO_TCP = 6;

const so = (number: number): OptionNumber => ({ level: SOL_SOCKET, number });
const tcp = (number: number): OptionNumber => ({ level: IPPROTO_TCP, number });

export const options: Readonly<Record<string, OptionNumber>> = {
  SO_ACCEPTCONN: so(30),
  SO_DOMAIN: so(39),
  SO_ERROR: so(4),
  SO_LINGER: so(13),
  SO_PROTOCOL: so(38),
  SO_REUSEADDR: so(2),
  SO_TYPE: so(3),
  TCP_INFO: tcp(11),
};
