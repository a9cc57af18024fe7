import { openLibraryOn } from "../../native/library.ts";
import type { Bytes } from "../value-result.ts";

const kernel32 = openLibraryOn(["win32"], "kernel32.dll");
const advapi32 = openLibraryOn(["win32"], "advapi32.dll");

// processthreadsapi.h, handleapi.h, synchapi.h, winbase.h, tlhelp32.h, securitybaseapi.h. A HANDLE
// is a number; failure is 0, or -1 from CreateToolhelp32Snapshot().
const HANDLE = "ssize_t";

export const CloseHandle = kernel32.func<(handle: number) => number>("CloseHandle", "int", [HANDLE]);
export const CreateToolhelp32Snapshot = kernel32.func<(flags: number, pid: number) => number>(
  "CreateToolhelp32Snapshot",
  HANDLE,
  ["uint", "uint"],
);
export const GetLastError = kernel32.func<() => number>("GetLastError", "uint", []);
export const GetProcessTimes = kernel32.func<
  (process: number, creation: Bytes, exit: Bytes, kernel: Bytes, user: Bytes) => number
>("GetProcessTimes", "int", [HANDLE, "void*", "void*", "void*", "void*"]);
export const OpenProcess = kernel32.func<(access: number, inherit: number, pid: number) => number>(
  "OpenProcess",
  HANDLE,
  ["uint", "int", "uint"],
);
export const Process32FirstW = kernel32.func<(snapshot: number, entry: Bytes) => number>(
  "Process32FirstW",
  "int",
  [HANDLE, "void*"],
);
export const Process32NextW = kernel32.func<(snapshot: number, entry: Bytes) => number>(
  "Process32NextW",
  "int",
  [HANDLE, "void*"],
);
export const QueryFullProcessImageNameW = kernel32.func<
  (process: number, flags: number, name: Bytes, length: Bytes) => number
>("QueryFullProcessImageNameW", "int", [HANDLE, "uint", "void*", "void*"]);
export const TerminateProcess = kernel32.func<(process: number, status: number) => number>(
  "TerminateProcess",
  "int",
  [HANDLE, "uint"],
);
export const WaitForSingleObject = kernel32.func<(handle: number, milliseconds: number) => number>(
  "WaitForSingleObject",
  "uint",
  [HANDLE, "uint"],
);
export const GetTokenInformation = advapi32.func<
  (token: number, what: number, information: Bytes, size: number, needed: Bytes) => number
>("GetTokenInformation", "int", [HANDLE, "int", "void*", "uint", "void*"]);
export const LookupAccountSidW = advapi32.func<
  (
    systemName: null,
    sid: Bytes,
    name: Bytes,
    nameLength: Bytes,
    domain: Bytes,
    domainLength: Bytes,
    use: Bytes,
  ) => number
>("LookupAccountSidW", "int", ["void*", "void*", "void*", "void*", "void*", "void*", "void*"]);
export const OpenProcessToken = advapi32.func<(process: number, access: number, token: Bytes) => number>(
  "OpenProcessToken",
  "int",
  [HANDLE, "uint", "void*"],
);

// winnt.h, winbase.h
export const PROCESS_TERMINATE = 0x1;
export const PROCESS_QUERY_LIMITED_INFORMATION = 0x1000;
export const SYNCHRONIZE = 0x100000;
export const TOKEN_QUERY = 0x8;
export const TOKEN_USER = 1; // of TOKEN_INFORMATION_CLASS
export const WAIT_OBJECT_0 = 0;
export const ERROR_ACCESS_DENIED = 5;
export const ERROR_INVALID_PARAMETER = 87;
