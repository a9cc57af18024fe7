/** How many milliseconds a command may take to use a socket, before its user is told. */
export const PATIENCE = 5000;

/** What to say if nobody has used a socket: how to use it. */
export const howToTake =
  (where: string) =>
  (when: string): string =>
    `${when} has not used ${where}, where connections wait. A Node program gets the socket when it ` +
    "listens there. Other programs must take descriptor 3 (LISTEN_FDS, sd_listen_fds(3)): " +
    "to bind the address is an error.";
