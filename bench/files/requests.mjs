// Shared by the servers of bench/files: just enough HTTP for wrk, which sends one GET at a time.
import { openSync, statSync } from "node:fs";
import { join } from "node:path";

const END = "\r\n\r\n";

/** The files of a folder, each opened once, as with nginx's open_file_cache. */
export function filesOf(folder) {
  const files = new Map();
  return (name) => {
    let file = files.get(name);
    if (file === undefined) {
      const path = join(folder, name);
      const { size } = statSync(path);
      const header = `HTTP/1.1 200 OK\r\nContent-Length: ${size}${END}`;
      file = { path, fd: openSync(path, "r"), size, header };
      files.set(name, file);
    }
    return file;
  };
}

/**
 * Consumes received bytes; returns the name of the requested file once the request is complete.
 */
export function request() {
  let text = "";
  return (bytes) => {
    text += Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).latin1Slice();
    if (!text.endsWith(END)) return undefined;
    const name = text.slice("GET /".length, text.indexOf(" HTTP"));
    text = "";
    return name;
  };
}

export function reports(port) {
  process.stdin.resume().once("end", () => process.exit());
  console.log(JSON.stringify({ port, pid: process.pid }));
}
