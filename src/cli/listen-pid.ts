/** sh knows its pid before the command runs, and exec keeps it. */
const SCRIPT = 'export LISTEN_PID=$$; exec "$@"';

/** A command that gets LISTEN_PID, which sd_listen_fds(3) requires. */
export const withPid = (command: readonly [string, ...string[]]): readonly [string, ...string[]] => [
  "/bin/sh",
  "-c",
  SCRIPT,
  "berkeley",
  ...command,
];
