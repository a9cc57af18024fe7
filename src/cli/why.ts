import type { Command } from "commander";
import { explain } from "../diagnose/explain.ts";
import type { Explanation } from "../diagnose/explanation.ts";
import { askedAddress } from "./asked-address.ts";
import { json } from "./json.ts";
import { standardOutput } from "./output.ts";
import { tell } from "./tell.ts";

interface WhyOptions {
  readonly unix?: string;
  readonly udp?: true;
  readonly json?: true;
}

/** Exit statuses, as scripts ask for them. */
const statuses: Readonly<Record<Explanation["verdict"], number>> = {
  free: 0,
  taken: 1,
  unavailable: 1,
  unknown: 2,
};

/** Adds the `why` command, which tells who has a port; `exit` is told its status. */
export function addWhy(program: Command, exit: (status: number) => void): void {
  program
    .command("why")
    .description("say who has a port or a unix path, and what to do about it")
    .argument("[[host:]port]", "what to ask about; without a host, every address of this machine")
    .option("--unix <path>", "ask about a unix socket; @name is in the abstract namespace")
    .option("--udp", "ask about UDP instead of TCP")
    .option("--json", "print the account as one JSON object")
    .addHelpText(
      "after",
      "\nIts status is 0 if it is free, 1 if it is taken or not to be had, 2 if that cannot be told.",
    )
    .action(async (place: string | undefined, options: WhyOptions) => {
      const address = await askedAddress(place, options.unix);
      const explanation = explain(address, { protocol: options.udp ? "udp" : "tcp" });
      if (options.json) process.stdout.write(`${json(explanation)}\n`);
      else tell(explanation, standardOutput());
      exit(statuses[explanation.verdict]);
    });
}
