// Has Node pass inherited sockets on, as other programs do: each program inherits the descriptors
// of LISTEN_FDS until one takes them and sets close-on-exec, as listenersFromEnvironment() and
// sd_listen_fds(3) do.
const { isMainThread }: typeof import("node:worker_threads") = require("node:worker_threads");
const {
  letInherit,
}: import("../../native/inheritance.cjs").Inheritance = require("../../native/inheritance.cjs");
const { heldSockets, isOpenAs }: import("./sockets.cjs").Sockets = require("./sockets.cjs");

/**
 * Node sets close-on-exec on the inherited descriptors that follow standard error
 * (uv_disable_stdio_inheritance), so a program that npm starts would not get them. If koffi does
 * not load, children inherit only the high descriptors, not those of LISTEN_FDS.
 */
function passOn(): void {
  const held = heldSockets().filter(({ low }) => low >= 0);
  if (!isMainThread || held.length === 0 || Number(process.env.LISTEN_FDS) !== held.length) return;
  if (!held.every((each) => isOpenAs(each.low, each))) return;
  // Unset with --no-pid.
  if (process.env.LISTEN_PID !== undefined) process.env.LISTEN_PID = `${process.pid}`;
  letInherit(held.map(({ low }) => low));
}

export type PassOn = typeof passOn;
module.exports = passOn;
