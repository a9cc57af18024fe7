/** The descriptor in the new process by which the old one hands sockets over. */
export const HAND_OVER_DESCRIPTOR = 3;

// The messages on the channel. The old process sends the sockets, in SCM_RIGHTS, with one byte that
// says whether it also hands over the path of a unix socket. The new process answers with one byte
// once it accepts. A path is followed by the device and inode of its file, as two integers of
// 64 bits: only that file may be removed.
export const PATH_FILE_LENGTH = 16;
export const SOCKETS = 0x53;
export const SOCKETS_AND_PATH = 0x50;
export const READY = 0x52;
