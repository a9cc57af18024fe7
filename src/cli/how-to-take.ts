/** How many milliseconds a command may take to use a socket before we tell the user. */
export const PATIENCE = 5000;

/** The message for when nobody has used a socket; it explains how to use it. */
export const howToTake =
  (where: string) =>
  (when: string): string =>
    `${when} has not used ${where}, where connections wait. A Node program gets the socket when it ` +
    "listens there. Other programs must take descriptor 3 (LISTEN_FDS, sd_listen_fds(3)): " +
    "binding the address would fail.";
