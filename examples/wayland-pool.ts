// Hands a file to a server as a Wayland client hands its pixels to the compositor:
// wl_shm.create_pool, a small message over a unix stream, with the descriptor beside it. (A real
// client asks the registry first, which object wl_shm is.)
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
unlinkSync(path); // it lives as long as somebody has it open
writeSync(file, pixels);

// Object, then size of the message and opcode, then the arguments; the descriptor takes no bytes of
// its own.
const message = Buffer.from(Uint32Array.of(WL_SHM, (16 << 16) | CREATE_POOL, NEW_POOL, pixels.length).buffer);
sendmsg(display, { data: [message], control: [{ type: "SCM_RIGHTS", descriptors: [file] }] });
closeSync(file); // the compositor has its own by now
