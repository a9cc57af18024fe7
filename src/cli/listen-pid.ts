/** sh knows its pid before it runs the command, and exec keeps the pid. */
const SCRIPT = 'export LISTEN_PID=$$; exec "$@"';

/** Wraps a command so that it gets LISTEN_PID, which sd_listen_fds(3) requires. */
export const withPid = (command: readonly [string, ...string[]]): readonly [string, ...string[]] => [
  "/bin/sh",
  "-c",
  SCRIPT,
  "berkeley",
  ...command,
];
