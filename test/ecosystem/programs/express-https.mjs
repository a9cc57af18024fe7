import https from "node:https";
import express from "express";
import { certificate } from "./certificate.mjs";
import { announce, limits } from "./limits.mjs";

const app = express();
app.get("/hello", (_request, response) => response.send("hello"));
app.get("/ip", (request, response) => response.json(request.ip));
app.post("/echo", (request, response) => request.pipe(response));

const server = https.createServer({ ...limits, ...certificate }, app);
server.listen(0, "127.0.0.1");
announce(server);
