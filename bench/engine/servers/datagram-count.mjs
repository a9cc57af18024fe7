// Shared by the datagram servers: they count what they receive, and a datagram of one byte requests
// the counts.
let count = 0;
let bytes = 0;

/** Counts a datagram of this size; returns the counts as text if it is a request for them. */
export function counted(length) {
  if (length === 1) {
    const text = `${count} ${bytes}`;
    count = 0;
    bytes = 0;
    return text;
  }
  count++;
  bytes += length;
  return undefined;
}

/** Whether the server should send datagrams back. */
export const isEcho = process.argv[2] === "echo";

/** The size of a server's receive buffer. */
export const RECEIVE_BUFFER = 4 << 20;
