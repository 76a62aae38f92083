"use strict";
/* What a peer's chat says of a message: the same frame as ours, numbered, timed, and never kept. */

let seq = 0;

exports.event = function event({ room, text, nonce }) {
  seq += 1;
  const message = { room, seq, rev: seq, user: 4, at: new Date().toISOString(), text, body: [["p", ["text", text]]], nonce };
  return { type: "message", room, rev: seq, message, users: [{ id: 4, name: "member0" }] };
};
