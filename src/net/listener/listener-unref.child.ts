// An open listener and a connection, neither of which keeps the process running.
import { connect } from "../connection/connect.ts";
import { listen } from "./listen.ts";

const engine = process.argv[2] === "uring" ? "uring" : "readiness";
const listener = await listen({ host: "127.0.0.1", engine });
const client = await connect({ address: listener.address, engine });
const connection = await listener.accept();
listener.unref().ref().unref();
client.unref();
connection.unref();
connection.read();
listener.accept();
console.log("ends");
