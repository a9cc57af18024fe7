import type { ProcessHandle, ProcessRefusal } from "../host-tables.ts";
import {
  CloseHandle,
  ERROR_ACCESS_DENIED,
  ERROR_INVALID_PARAMETER,
  GetLastError,
  OpenProcess,
  PROCESS_QUERY_LIMITED_INFORMATION,
  PROCESS_TERMINATE,
  SYNCHRONIZE,
  TerminateProcess,
  WAIT_OBJECT_0,
  WaitForSingleObject,
} from "./process-calls.ts";

/** The exit code of a terminated process: failure, as with taskkill(1) and libuv. */
const ENDED_STATUS = 1;

/** A process whose number is not reused while the handle is open. */
export function openProcess(pid: number): ProcessHandle | ProcessRefusal {
  const access = PROCESS_TERMINATE | PROCESS_QUERY_LIMITED_INFORMATION | SYNCHRONIZE;
  const handle = OpenProcess(access, 0, pid);
  if (handle === 0) return failureName(GetLastError());
  const ended = () => WaitForSingleObject(handle, 0) === WAIT_OBJECT_0;
  return {
    // For a process that has ended, TerminateProcess() reports that access is denied.
    signal() {
      if (ended()) return "ended";
      if (TerminateProcess(handle, ENDED_STATUS) !== 0) return "sent";
      const code = GetLastError();
      return ended() ? "ended" : failureName(code);
    },
    get ended() {
      return ended();
    },
    close() {
      CloseHandle(handle);
    },
  };
}

function failureName(code: number): ProcessRefusal {
  switch (code) {
    case ERROR_INVALID_PARAMETER:
      return "ended";
    case ERROR_ACCESS_DENIED:
      return "denied";
    default:
      return "not supported";
  }
}
