import type { Command } from "commander";
import { explain } from "../diagnose/explain.ts";
import type { Explanation } from "../diagnose/explanation.ts";
import { askedAddresses, collect } from "./asked-address.ts";
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
    .action(async (places: readonly string[], options: WhyOptions) => {
      const addresses = await askedAddresses({ places, paths: options.unix ?? [] });
      const all = addresses.map((address) => {
        const explanation = explain(address, { protocol: options.udp ? "udp" : "tcp" });
        if (options.json) writeJson(explanation);
        else tell(explanation, standardOutput());
        return statuses[explanation.verdict];
      });
      exit(Math.max(...all));
    });
}
