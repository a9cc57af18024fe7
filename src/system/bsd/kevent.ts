// struct kevent on 64-bit machines. The members that both systems have lie at the same offsets: {
// uintptr_t ident; int16_t filter; uint16_t flags; uint32_t fflags; int64_t data; void *udata }
// (bsd/sys/event.h of xnu, sys/sys/event.h of FreeBSD, which has uint64_t ext[4] after them).
const KEVENT = { ident: 0, filter: 8, flags: 10, fflags: 12, data: 16, udata: 24 };

/** sizeof(struct kevent). */
export const KEVENT_SIZE = { darwin: 32, freebsd: 64 } as const;

/** The constants of <sys/event.h> in use here, the same on both. */
export const EVFILT = { READ: -1, WRITE: -2 } as const;
export const EV = { ADD: 0x1, CLEAR: 0x20, DELETE: 0x2, EOF: 0x8000, ERROR: 0x4000 } as const;

/** One struct kevent; udata holds a slot and a generation. */
export interface Kevent {
  readonly ident: number;
  readonly filter: number;
  readonly flags: number;
  readonly slot: number;
  readonly generation: number;
}

/** Writes one; members that a system adds are 0. */
export function writeKevent(view: DataView, at: number, size: number, event: Kevent): void {
  for (let offset = at; offset < at + size; offset += 4) view.setUint32(offset, 0, true);
  view.setUint32(at + KEVENT.ident, event.ident, true);
  view.setInt16(at + KEVENT.filter, event.filter, true);
  view.setUint16(at + KEVENT.flags, event.flags, true);
  view.setUint32(at + KEVENT.udata, event.slot, true);
  view.setUint32(at + KEVENT.udata + 4, event.generation, true);
}

export const filterAt = (view: DataView, at: number): number => view.getInt16(at + KEVENT.filter, true);
export const flagsAt = (view: DataView, at: number): number => view.getUint16(at + KEVENT.flags, true);
export const slotAt = (view: DataView, at: number): number => view.getUint32(at + KEVENT.udata, true);
export const generationAt = (view: DataView, at: number): number =>
  view.getUint32(at + KEVENT.udata + 4, true);
