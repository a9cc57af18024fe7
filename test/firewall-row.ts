import type { KernelRow } from "./conformance.ts";
import { inNetworkNamespace } from "./network-namespace.ts";

const module = new URL("../src/posix/firewall.child.js", import.meta.url);

/** A row about firewall rules; src/posix/firewall.child.ts tests them for every call that sends. */
export function firewallRow(clause: string, source: string): KernelRow {
  return {
    clause,
    source,
    except: { windows: "it is about Linux's firewalls" },
    run: (fixture) => inNetworkNamespace(fixture, module, { ip: true }),
  };
}
