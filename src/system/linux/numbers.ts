import type { SystemNumbers } from "../system.ts";
import { constants } from "./constants.ts";
import { controlName, controls } from "./controls.ts";
import { errnos } from "./errno.ts";
import { ioctls } from "./ioctls.ts";
import { options } from "./options.ts";
import { pointerOptions } from "./pointer-options.ts";

const names = new Map<number, string>(Object.entries(errnos).map(([name, number]) => [number, name]));

/** The numbers of Linux, on x64 and arm64. */
export const linuxNumbers: SystemNumbers = {
  name: "linux",
  constants,
  errnos,
  errnoName: (errno) => names.get(errno),
  options,
  pointerOptions,
  sockaddr: { lengthByte: false, sunPathSize: 108, abstractNames: true, bluez: true },
  controls,
  controlName,
  ioctls,
  cmsg: { headerSize: 16, alignment: 8, lengthSize: 8 },
  optionLayouts: {
    timeout: "timeval",
    linger: "ints",
    membership: "ip_mreqn",
    sourceBeforeInterface: false,
    groupOffset: 8,
  },
  capabilities: {
    passesDescriptors: true,
    inheritsDescriptors: true,
    tellsHandles: true,
    serversTakeDescriptors: true,
    closesLeaks: true,
    countsDrops: true,
  },
};
