// Compiled, never run: options that contradict each other do not compile.
import type { AddressInput } from "../../address/address.ts";
import { connect } from "../connection/connect.ts";
import { listen } from "../listener/listen.ts";
import { udp } from "../udp/udp.ts";

declare const address: AddressInput;

// @ts-expect-error an address has a family of its own
connect({ address, family: 4 });
// @ts-expect-error only a port is connected to from an address
connect({ address, localAddress: "127.0.0.1" });
// @ts-expect-error
connect({ address, localPort: 9 });
// @ts-expect-error a unix socket has no local IP address
connect({ path: "/run/s", localAddress: "127.0.0.1" });
// @ts-expect-error
connect({ path: "/run/s", port: 9 });
// @ts-expect-error
listen({ path: "/run/s", reusePort: true });
// @ts-expect-error
listen({ socket: 3, ipv6Only: true });
// @ts-expect-error
udp({ path: "/run/s", reuseAddress: true });

const listener = await listen({ port: 0 });
const port: number = listener.port;
await connect({ port });
