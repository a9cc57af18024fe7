// Shares a file with a server as a Wayland client shares its pixels with the compositor:
// wl_shm.create_pool, a small message on a unix stream that carries the descriptor. (A real client
// first asks the registry for the number of wl_shm.)
//
//   WAYLAND_DISPLAY=/run/user/1000/wayland-0 node examples/wayland-pool.ts
import { closeSync, openSync, unlinkSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AF, connect, SOCK, sendmsg, socket } from "berkeley/posix";

const WL_SHM = 3;
const CREATE_POOL = 0;
const NEW_POOL = 4;
const pixels = Buffer.alloc(64 * 64 * 4, "berkeley");

using display = socket(AF.UNIX, SOCK.STREAM);
connect(display, { family: "unix", path: process.env.WAYLAND_DISPLAY ?? "" });

const path = join(tmpdir(), `pool-${process.pid}`);
const file = openSync(path, "wx+", 0o600);
unlinkSync(path); // the file lives as long as a process has it open
writeSync(file, pixels);

// The object, the message's size and opcode, then the arguments. The descriptor takes no bytes.
const message = Buffer.from(Uint32Array.of(WL_SHM, (16 << 16) | CREATE_POOL, NEW_POOL, pixels.length).buffer);
sendmsg(display, { data: [message], control: [{ type: "SCM_RIGHTS", descriptors: [file] }] });
closeSync(file); // the compositor has its own descriptor
