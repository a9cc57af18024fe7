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

/** Exit statuses, for scripts. */
const statuses: Readonly<Record<Explanation["verdict"], number>> = {
  free: 0,
  taken: 1,
  unavailable: 1,
  unknown: 2,
};

/** Adds the `why` command, which explains who has a port; `exit` gets its status. */
export function addWhy(program: Command, exit: (status: number) => void): void {
  program
    .command("why")
    .description("explain who has a port or a unix path, and what to do about it")
    .argument("[[host:]port...]", "the port to explain; without a host, on every address of this machine")
    .option(
      "--unix <path>",
      "explain a unix path; @name is in the abstract namespace; may be repeated",
      collect,
    )
    .option("--udp", "explain a UDP port instead of a TCP port")
    .option("--json", "print one JSON object per line")
    .addHelpText(
      "after",
      `
Exit status: 0 free, 1 in use or unavailable, 2 unknown or bad usage. For several ports, the highest.`,
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
        // If one address is taken, it does not matter whether another is unknown.
        return [1, 2].find((status) => told.includes(status)) ?? 0;
      });
      exit(Math.max(...all));
    });
}
