// Shared by the servers for datagrams: they count what they receive, and a datagram of one byte
// asks for the counts.
let count = 0;
let bytes = 0;

/** Counts a datagram of so many bytes; returns the text of the counts if it asks for them. */
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

/** Whether the server is to send datagrams back. */
export const isEcho = process.argv[2] === "echo";

/** How much the system may keep for a server. */
export const RECEIVE_BUFFER = 4 << 20;
