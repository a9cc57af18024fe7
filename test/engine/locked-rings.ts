import { isLinuxSince } from "../linux-version.ts";

/** Whether rings count as locked memory; if not, the test is skipped. */
export function ringsAreLocked(test: { skip(why: string): void }): boolean {
  if (isLinuxSince([6, 14])) return true;
  test.skip("rings count as locked memory since Linux 6.14 (io_create_region in io_uring/memmap.c)");
  return false;
}
