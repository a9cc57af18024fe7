import http from "node:http";
import { serve } from "berkeley";
import express from "express";

// As without a proxy: `trust proxy` is for X-Forwarded-For, and is not set.
const app = express();
app.get("/ip", (request, response) => response.json(request.ip));
const server = http.createServer(app);
const served = await serve(server, { host: "127.0.0.1", proxyProtocol: true });
console.log(`listening on ${served.port}`);
process.once("SIGTERM", () => served.close());
