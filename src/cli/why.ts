import type { Command } from "commander";
import type { Explanation } from "../diagnose/explanation.ts";
import { askedAddresses } from "./asked-address.ts";
import { explainAsked } from "./explain-asked.ts";
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
      const addresses = await askedAddresses(place, options.unix);
      const explanations = explainAsked(addresses, options.udp ? "udp" : "tcp");
      for (const explanation of explanations) {
        if (options.json) process.stdout.write(`${json(explanation)}\n`);
        else tell(explanation, standardOutput());
      }
      const told = explanations.map(({ verdict }) => statuses[verdict]);
      exit([1, 2].find((status) => told.includes(status)) ?? 0);
    });
}
