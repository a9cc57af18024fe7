import type { Command } from "commander";
import type { Explanation } from "../diagnose/explanation.ts";
import { askedAddresses, collect } from "./asked-address.ts";
import { explainAsked } from "./explain-asked.ts";
import { standardOutput, writeJson } from "./output.ts";
import { tell } from "./tell.ts";

interface WhyOptions {
  readonly unix?: readonly string[];
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
    .argument("[[host:]port...]", "what to ask about; without a host, every address of this machine")
    .option(
      "--unix <path>",
      "ask about a unix socket; @name is in the abstract namespace; may be repeated",
      collect,
    )
    .option("--udp", "ask about UDP instead of TCP")
    .option("--json", "print the account as one JSON object; of several, one a line")
    .addHelpText(
      "after",
      `
Exit status: 0 free, 1 taken or not to be had, 2 unknown. Of several ports, the worst of theirs.`,
    )
    .action(async (endpoints: readonly string[], options: WhyOptions) => {
      const asked = await askedAddresses({ endpoints: endpoints, paths: options.unix ?? [] });
      const all = asked.map((addresses) => {
        const explanations = explainAsked(addresses, options.udp ? "udp" : "tcp");
        for (const explanation of explanations) {
          if (options.json) writeJson(explanation);
          else tell(explanation, standardOutput());
        }
        const told = explanations.map(({ verdict }) => statuses[verdict]);
        // That one of its addresses is taken says more than that another's state is unknown.
        return [1, 2].find((status) => told.includes(status)) ?? 0;
      });
      exit(Math.max(...all));
    });
}
