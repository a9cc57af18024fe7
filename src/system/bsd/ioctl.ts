/** _IO('f', 1) of sys/filio.h, sys/ioccom.h: it reads nothing. */
export const FIOCLEX = 0x20006601;
/** _IOW('f', 126, int) of sys/filio.h, sys/ioccom.h. */
export const FIONBIO = 0x8004667e;

/** Requests of ioctl() that the call takes; those of interfaces are not here yet. */
export const ioctls = {
  /** _IOR('f', 127, int) of sys/filio.h, sys/ioccom.h. */
  FIONREAD: 0x4004667f,
  /** _IOR('s', 7, int) of sys/sockio.h. */
  SIOCATMARK: 0x40047307,
} as const;

const one = new Uint8Array(Int32Array.of(1).buffer);
const zero = new Uint8Array(4);

/** The int that FIONBIO reads. */
export const flagOf = (on: boolean): Uint8Array => (on ? one : zero);
