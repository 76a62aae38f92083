/* A person: what one can do with regard to them. */
import { useState } from "preact/hooks";
import { roomHash } from "../../app/route";
import type { Answer } from "../../connection/requests";
import { t } from "../../i18n";
import { type ChatState, membersOf } from "../../store/chat";
import type { AnyCommand, Room } from "../../wire/generated";
import { Avatar } from "../Avatar";
import { useChat } from "../context";
import { displayName } from "../names";
import { Box } from "./Dialogs";

export function PersonCard({ chat, user, close }: { chat: ChatState; user: number; close(): void }) {
  const app = useChat();
  const [refusal, setRefusal] = useState("");
  const name = displayName(chat.names, user);
  const info = chat.rooms.get(app.state.get().view?.room ?? -1)?.info;
  const isMe = user === chat.you.id;
  const ignored = chat.ignored.has(user);

  const refused = (answer: Answer) => setRefusal(answer.type === "error" ? answer.detail : t("notice.lost"));
  const ask = (command: AnyCommand, then: () => void = close) => app.ask(command, (answer) => (answer.type === "ok" ? then() : refused(answer)));
  const write = () =>
    app.membership.enter({ type: "direct", user }, (words, room) => {
      if (words !== null) return setRefusal(words);
      close();
      location.hash = roomHash(room!);
    });
  const mention = () => {
    close();
    app.writing.insert(`@${name} `);
  };
  return (
    <Box title={name} close={close}>
      <div class="card">
        <Avatar user={user} name={name} />
        <p>{t(isMe ? "person.you" : ignored ? "person.ignored" : "person.text")}</p>
      </div>
      <div class="stack">
        {!isMe && !chat.you.read_only && (
          <>
            {!ignored && <button class="primary" type="button" onClick={write}>{t("person.write")}</button>}
            {!ignored && info?.can.includes("send") && <button type="button" onClick={mention}>{t("person.mention")}</button>}
            {info && isOwned(info) && isMember(chat, info, user) && info.owner !== user && (
              <button type="button" onClick={() => ask({ type: "change_room", room: info.room, owner: user })}>{t("person.owner", { room: info.name })}</button>
            )}
            {info?.can.includes("remove") && isMember(chat, info, user) && info.owner !== user && (
              <button type="button" onClick={() => ask({ type: "remove", room: info.room, user }, () => (app.loading.members(info.room), close()))}>{t("person.remove", { room: info.name })}</button>
            )}
            <button type="button" onClick={() => ask({ type: "ignore", user, on: !ignored })}>{t(ignored ? "person.heed" : "person.ignore")}</button>
          </>
        )}
        <button type="button" onClick={close}>{t("dialog.close")}</button>
      </div>
      <p class="refusal" role="alert">{refusal}</p>
    </Box>
  );
}

function isOwned({ kind, can }: Room): boolean {
  return (kind === "open" || kind === "private") && can.includes("change");
}

/** As far as it is known: the list of members need not have been looked at. */
function isMember(chat: ChatState, { room }: Room, user: number): boolean {
  const { ids } = membersOf(chat, room);
  return ids.length === 0 || ids.includes(user);
}
