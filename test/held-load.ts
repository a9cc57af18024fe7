import http from "node:http";
import { ask } from "./held-workers.ts";

/** Asks all the time, on kept connections and new ones, until it is stopped. */
export function load(port: number) {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 4 });
  const answers: string[] = [];
  let isStopped = false;
  const client = async (of: http.Agent | false) => {
    while (!isStopped) answers.push(await ask(port, of));
  };
  const clients = [agent, agent, agent, agent, false, false].map((of) =>
    client(of === false ? false : agent),
  );
  return {
    answers,
    async stop() {
      isStopped = true;
      await Promise.all(clients);
      agent.destroy();
    },
  };
}
