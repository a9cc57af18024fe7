import { ioctls } from "../bsd/ioctl.ts";
import type { SystemNumbers } from "../system.ts";
import { constants } from "./constants.ts";
import { controlName, controls } from "./controls.ts";
import { errnos } from "./errno.ts";
import { options, pointerOptions } from "./options.ts";

const names = new Map(Object.entries(errnos).map(([name, number]) => [number, name]));

/** The numbers of macOS, on x64 and arm64. */
export const darwinNumbers: SystemNumbers = {
  name: "darwin",
  constants,
  errnos,
  errnoName: (errno) => names.get(errno),
  options,
  pointerOptions,
  sockaddr: { lengthByte: true, sunPathSize: 104, abstractNames: false, bluez: false },
  controls,
  controlName,
  ioctls,
  cmsg: { headerSize: 12, alignment: 4, lengthSize: 4 },
  optionLayouts: {
    timeout: "timeval",
    linger: "ints",
    membership: "ip_mreq",
    sourceBeforeInterface: true,
    groupOffset: 4,
  },
  capabilities: {
    passesDescriptors: true,
    inheritsDescriptors: true,
    tellsHandles: true,
    serversTakeDescriptors: true,
    closesLeaks: true,
    countsDrops: false,
  },
};
