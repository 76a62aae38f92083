import { expect, it } from "vitest";
import { freshBrowser, held, inTheLobby } from "./application";
import { aMessage, FakeSocket, live, ROOM } from "./support";

freshBrowser();

it("a quoted message that is not loaded is asked for once it is wanted, and held", () => {
  const chat = inTheLobby(60);
  FakeSocket.last.says(live(aMessage(61, { reply_to: 900 })));
  chat.loading.quote(ROOM, 900);
  FakeSocket.last.answers("history", { type: "history", room: ROOM, messages: [aMessage(899), aMessage(900)], more_before: true, more_after: true, users: [] });
  expect(held(chat).quoted.map(({ seq }) => seq)).toEqual([900]);
});
