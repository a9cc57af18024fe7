// The program calls shutdown() on its listening socket; accept(2) then fails with EINVAL.
import { SHUT } from "../../posix/constants.ts";
import { shutdown } from "../../posix/shutdown.ts";
import { connect } from "../connection/connect.ts";
import { listen } from "./listen.ts";

const engine = process.argv[2] === "uring" ? "uring" : "readiness";
const server = await listen({ host: "127.0.0.1", engine }, {});
process.on("uncaughtException", (error) => console.log(error.name, server.closed));
const [socket] = server.sockets;
if (socket !== undefined) shutdown(socket, SHUT.RD);
await connect({ address: server.address, engine }).catch(() => {});
