"use strict";
/* A chat on ws. */

const { WebSocketServer } = require("ws");
const { event } = require("./said.js");

const server = new WebSocketServer({ host: "127.0.0.1", port: 0, backlog: 4096, perMessageDeflate: false });
server.on("listening", () => console.log(server.address().port));
server.on("connection", (socket) => {
  socket.on("message", (command) => {
    const said = Buffer.from(JSON.stringify(event(JSON.parse(command))));
    for (const each of server.clients) each.send(said, { binary: false });
  });
});
