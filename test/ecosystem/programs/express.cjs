const express = require("express");
const http = require("node:http");

const app = express();
app.get("/hello", (_request, response) => response.send("hello"));
app.get("/ip", (request, response) => response.json(request.ip));
app.post("/echo", (request, response) => request.pipe(response));

import("./limits.mjs").then(({ announce, limits, SMALL }) => {
  // body-parser reads a body that is too large to its end; this answers at once.
  app.post("/small", (request, response) => {
    if (Number(request.get("content-length")) <= SMALL) request.pipe(response);
    else response.status(413).set("connection", "close").send("too large");
  });
  const server = http.createServer(limits, app);
  server.listen(0, "127.0.0.1");
  announce(server);
});
