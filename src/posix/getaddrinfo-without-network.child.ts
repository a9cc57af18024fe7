// Run in its own network namespace, where no name server can be reached.
import { assertFails } from "../../test/conformance.ts";
import { NI } from "./constants.ts";
import { tryGetaddrinfo } from "./getaddrinfo.ts";
import { tryGetnameinfo } from "./getnameinfo.ts";

assertFails(tryGetaddrinfo("a-name.test", 80), "TemporaryNameServerFailure", "EAI_AGAIN");
const address = { family: "ipv4", address: "192.0.2.1", port: 0 } as const;
assertFails(tryGetnameinfo(address, NI.NAMEREQD), "TemporaryNameServerFailure", "EAI_AGAIN");
