import type { SystemNumbers } from "../system.ts";
import { constants } from "./constants.ts";
import { controlName, controls } from "./controls.ts";
import { errnoName, errnos } from "./errno.ts";
import { options, pointerOptions } from "./options.ts";

/** winsock2.h */
export const SIOCATMARK = 0x40047307;

/** The numbers of Windows, on x64 and arm64. */
export const windowsNumbers: SystemNumbers = {
  name: "windows",
  constants,
  errnos,
  errnoName,
  options,
  pointerOptions,
  // UNIX_PATH_MAX of afunix.h.
  sockaddr: { lengthByte: false, sunPathSize: 108, abstractNames: true, bluez: false },
  controls,
  controlName,
  // winsock2.h
  ioctls: { FIONREAD: 0x4004667f, SIOCATMARK },
  // WSACMSGHDR is { SIZE_T cmsg_len; INT cmsg_level; INT cmsg_type } (ws2def.h).
  cmsg: { headerSize: 16, alignment: 8, lengthSize: 8 },
  optionLayouts: {
    timeout: "milliseconds",
    linger: "shorts",
    membership: "ip_mreq",
    sourceBeforeInterface: true,
    groupOffset: 8,
  },
  capabilities: {
    passesDescriptors: false,
    // CreateProcess() can pass handles on, but Node's child_process does not.
    inheritsDescriptors: false,
    // libuv gives Node -1 for every socket (uv_fileno in src/win/handle.c).
    tellsHandles: false,
    serversTakeDescriptors: false,
    closesLeaks: true,
    countsDrops: false,
  },
};
