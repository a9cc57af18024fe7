/**
 * SOMAXCONN of <sys/socket.h> and winsock2.h, by `process.platform`. Here rather than with each
 * system's other constants, because `posix` exports the number when no System is loaded yet.
 */
export const somaxconn = { darwin: 128, freebsd: 128, linux: 4096, win32: 0x7fffffff } as const;
