// What the servers of bench/files share: just enough HTTP for wrk, which sends one GET at a time.
import { openSync, statSync } from "node:fs";
import { join } from "node:path";

const END = "\r\n\r\n";

/** The files of a folder, each opened once, as nginx's open_file_cache has them. */
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
 * Takes what arrives on a connection; returns the name of the file that is asked for, once all of
 * the request is there.
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
