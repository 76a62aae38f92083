"use strict";
/* A chat on socket.io. */

const { createServer } = require("node:http");
const { Server } = require("socket.io");
const { event } = require("./said.js");

const NEVER = 3_600_000;
const http = createServer();
const server = new Server(http, { transports: ["websocket"], pingInterval: NEVER, pingTimeout: NEVER });
server.on("connection", (socket) => socket.on("send", (command) => server.emit("message", event(command))));
http.listen({ host: "127.0.0.1", port: 0, backlog: 4096 }, () => console.log(http.address().port));
