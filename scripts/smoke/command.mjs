// Drives the installed command: it listens, echoes, and exits on SIGINT with status 0. Its
// arguments are the command to run it.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import net from "node:net";
import { createInterface } from "node:readline";

const [command, ...args] = process.argv.slice(2);
const berkeley = spawn(command, [...args, "listen", "--json"], { stdio: ["ignore", "pipe", "inherit"] });
const exited = once(berkeley, "exit");
const lines = createInterface({ input: berkeley.stdout });
const [first] = await once(lines, "line");
const { event, address, port } = JSON.parse(first);
assert.equal(event, "listening");

const client = net.connect(port, address);
client.end("hello");
const [echo] = await once(client, "data");
assert.equal(echo.toString(), "hello");
await once(client, "close");

berkeley.kill("SIGINT");
assert.deepEqual(await exited, [0, null]);
