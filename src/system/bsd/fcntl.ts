// sys/fcntl.h, of macOS and FreeBSD alike.
export const F_DUPFD = 0;
export const F_GETFD = 1;
export const F_SETFD = 2;
export const F_GETFL = 3;
export const FD_CLOEXEC = 0x1;
export const O_NONBLOCK = 0x4;
