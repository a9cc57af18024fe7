// Asks a server all the time until SIGTERM, 8 clients on kept connections and 4 on new ones; then
// prints what was answered, and what was lost.
import http from "node:http";
import { monitorEventLoopDelay } from "node:perf_hooks";

const port = Number(process.argv[2]);
const agent = new http.Agent({ keepAlive: true, maxSockets: 8 });
const loop = monitorEventLoopDelay();
loop.enable();
const pids = new Set();
const lost = [];
let answers = 0;
let isStopped = false;

function ask(of) {
  const begun = performance.now();
  return new Promise((resolve) => {
    const request = http.get({ host: "127.0.0.1", port, agent: of }, (response) => {
      let body = "";
      response.setEncoding("utf8").on("data", (text) => {
        body += text;
      });
      response.once("error", fail).once("end", () => {
        answers++;
        pids.add(body);
        resolve();
      });
    });
    const fail = ({ code }) => {
      const { reusedSocket } = request;
      lost.push({ code, reusedSocket, after: performance.now() - begun, blocked: loop.max / 1e6 });
      resolve();
    };
    request.once("error", fail);
  });
}

async function client(of) {
  while (!isStopped) await ask(of);
}

process.once("SIGTERM", () => {
  isStopped = true;
});
await Promise.all(Array.from({ length: 12 }, (_, index) => client(index < 8 ? agent : false)));
agent.destroy();
console.log(JSON.stringify({ answers, lost, pids: pids.size, blocked: loop.max / 1e6 }));
