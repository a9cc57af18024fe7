import assert from "node:assert/strict";
import { userInfo } from "node:os";
import { test } from "node:test";
import fc from "fast-check";
import { except } from "../../../test/platform.ts";
import { CloseHandle, OpenProcess, PROCESS_QUERY_LIMITED_INFORMATION } from "./process-calls.ts";
import { decodeProcessEntry, ENTRY, wideText } from "./process-snapshot.ts";
import { microseconds, processTable } from "./process-table.ts";

const others = "it calls kernel32.dll";
const onlyWindows = except({ darwin: others, freebsd: others, linux: others });

test("PROCESSENTRY32W is read as in tlhelp32.h", () => {
  const bytes = new Uint8Array(ENTRY.length);
  bytes.set(Buffer.from("38020000 00000000 19100000".replaceAll(" ", ""), "hex"), 0);
  bytes.set(Buffer.from("64000000", "hex"), 32);
  bytes.set(Buffer.from("node.exe\0left over", "utf16le"), 44);
  assert.deepEqual(decodeProcessEntry(bytes), { pid: 4121, parent: 100, name: "node.exe" });
});

test("UTF-16 text ends at its NUL, or at the end of its buffer", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      const [expected = ""] = text.split("\0");
      assert.equal(wideText(Buffer.from(`${text}\0 more`, "utf16le")), expected);
      assert.equal(wideText(Buffer.from(expected, "utf16le")), expected);
    }),
  );
});

test("a FILETIME is microseconds since 1970", () => {
  const filetime = (hundreds: bigint) => new Uint8Array(BigUint64Array.of(hundreds).buffer);
  assert.equal(microseconds(filetime(116_444_736_000_000_000n)), 0);
  // 2001-09-09 01:46:40.1234567 UTC.
  assert.equal(microseconds(filetime(126_444_736_001_234_567n)), 1_000_000_000_123_456);
});

test("this process is reported: number, program, user, start, parent", onlyWindows, () => {
  const self = processTable.readProcess(process.pid);
  assert.ok(self !== undefined);
  assert.equal(self.pid, process.pid);
  assert.equal(self.name.toLowerCase(), "node.exe");
  assert.equal(self.command[0]?.toLowerCase().endsWith("\\node.exe"), true);
  assert.equal(self.user?.toLowerCase(), userInfo().username.toLowerCase());
  assert.equal(self.parent, process.ppid);
  const age = Date.now() - (self.started ?? 0);
  assert.ok(age >= 0 && age < 300_000, `${age} ms old`);
});

test("a process that does not exist is not reported, and cannot be opened", onlyWindows, () => {
  assert.equal(processTable.readProcess(0x7ffffffc), undefined);
  assert.equal(processTable.openProcess(0x7ffffffc), "ended");
});

test("no handle is left open", onlyWindows, () => {
  // A new handle reuses the number of a closed one, if there is one. (Wine does not count them.)
  const nextHandle = () => {
    const handle = OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, 0, process.pid);
    assert.notEqual(CloseHandle(handle), 0);
    return handle;
  };
  const look = () => {
    processTable.readProcess(process.pid);
    const opened = processTable.openProcess(process.pid);
    assert.ok(typeof opened !== "string");
    assert.equal(opened.ended, false);
    opened.close();
  };
  look();
  const before = nextHandle();
  for (let round = 0; round < 20; round++) look();
  assert.equal(nextHandle(), before);
});
