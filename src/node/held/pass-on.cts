// Node passes inherited sockets on as other programs do: the descriptors of LISTEN_FDS are
// inherited from program to program until one takes them and keeps them from its children, as
// listenersFromEnvironment() and sd_listen_fds(3) do.
const { isMainThread }: typeof import("node:worker_threads") = require("node:worker_threads");
const {
  letInherit,
}: import("../../native/inheritance.cjs").Inheritance = require("../../native/inheritance.cjs");
const { heldSockets, isOpenAs }: import("./sockets.cjs").Sockets = require("./sockets.cjs");

/**
 * Node sets close-on-exec on the inherited descriptors that follow standard error
 * (uv_disable_stdio_inheritance), so a program that npm starts would not get them. If koffi does
 * not load, those of LISTEN_FDS end here, and the high ones go on.
 */
function passOn(): void {
  const held = heldSockets();
  if (!isMainThread || held.length === 0 || Number(process.env.LISTEN_FDS) !== held.length) return;
  if (!held.every((each) => isOpenAs(each.low, each))) return;
  // With --no-pid there is none.
  if (process.env.LISTEN_PID !== undefined) process.env.LISTEN_PID = `${process.pid}`;
  letInherit(held.map(({ low }) => low));
}

export type PassOn = typeof passOn;
module.exports = passOn;
