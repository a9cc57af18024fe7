// Takes the inherited sockets in the way that its argument names, and prints them as JSON.
import { spawnSync } from "node:child_process";
import { Worker } from "node:worker_threads";
import { connect } from "../../posix/connect.ts";
import { AF, SOCK } from "../../posix/constants.ts";
import { getsockname } from "../../posix/getsockname.ts";
import { socket } from "../../posix/socket.ts";
import { host } from "../../system/host.ts";
import { listen } from "../listener/listen.ts";
import { isListenersFromEnvironmentError, listenersFromEnvironment } from "./listeners-from-environment.ts";

const [how = "list", environment] = process.argv.slice(2);
// LISTEN_PID is this process's own pid, which a shell could not know in advance.
if (process.env.LISTEN_PID === "ours") process.env.LISTEN_PID = `${process.pid}`;

try {
  console.log(JSON.stringify(await run()));
} catch (error) {
  if (!isListenersFromEnvironmentError(error)) throw error;
  console.log(JSON.stringify({ error: error.name, message: error.message, environment: variables() }));
}

async function run(): Promise<unknown> {
  switch (how) {
    case "list": {
      const unsetEnvironment = environment !== "kept";
      const taken = listenersFromEnvironment({ unsetEnvironment });
      const again = listenersFromEnvironment({ unsetEnvironment });
      const sockets = taken.map((each) => ({ fd: each.fd, name: each.name, address: getsockname(each) }));
      return { sockets, same: again === taken, environment: variables(), inherited: inherited() };
    }
    case "serve": {
      const [given] = listenersFromEnvironment();
      if (given === undefined) throw new Error("nothing was handed over");
      const listener = await listen({ socket: given });
      using client = socket(AF.INET, SOCK.STREAM);
      connect(client, listener.address);
      const connection = await listener.accept();
      await connection.close();
      await listener.close();
      return { accepted: listener.stats.accepted };
    }
    case "closed":
      host.close(3);
      return listenersFromEnvironment().length;
    default:
      return inWorker();
  }
}

function variables(): (string | undefined)[] {
  const { LISTEN_FDS, LISTEN_FDNAMES, LISTEN_PID } = process.env;
  return [LISTEN_FDS, LISTEN_FDNAMES, LISTEN_PID];
}

/** Whether a child process has descriptor 3: `sh` reports it in its exit status. */
function inherited(): boolean {
  return spawnSync("sh", ["-c", "readlink /proc/self/fd/3 | grep -q socket"]).status === 0;
}

async function inWorker(): Promise<unknown> {
  const module = new URL("./listeners-from-environment.js", import.meta.url).href;
  const program = `
    const { parentPort } = require("node:worker_threads");
    import(${JSON.stringify(module)}).then(({ listenersFromEnvironment }) => {
      try {
        parentPort.postMessage({ sockets: listenersFromEnvironment().length });
      } catch (error) {
        parentPort.postMessage({ error: error.name });
      }
    });`;
  const worker = new Worker(program, { eval: true });
  return new Promise((resolve, reject) => {
    worker.once("message", resolve);
    worker.once("error", reject);
  });
}
