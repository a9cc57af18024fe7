/** The descriptor of a new process that its old one hands sockets over by. */
export const HAND_OVER_DESCRIPTOR = 3;

// What goes over it: with the sockets, in SCM_RIGHTS, one byte that says whether the path of a unix
// socket is handed over, too; back comes one byte once the new process accepts. With a path come
// the device and the inode of its file, two doubles: only that file may be removed.
export const PATH_FILE_LENGTH = 16;
export const SOCKETS = 0x53;
export const SOCKETS_AND_PATH = 0x50;
export const READY = 0x52;
