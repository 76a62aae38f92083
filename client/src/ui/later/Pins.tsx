/* The pinned messages of a room. Asked for when the list is opened, and again when a message was pinned or is so no more. */
import { useEffect, useState } from "preact/hooks";
import { updateChat } from "../../app/core";
import { t } from "../../i18n";
import { withUsers } from "../../store/chat";
import type { Message } from "../../wire/generated";
import { useChat } from "../context";
import { Icon } from "../icons";
import { pin } from "./amending";
import { Listing } from "./Listing";
import type { PaneProps } from "./SidePane";

export function Pins({ chat, held, done }: PaneProps) {
  const app = useChat();
  const [messages, setMessages] = useState<readonly Message[] | null>(null);
  const [refusal, setRefusal] = useState("");
  const [unpinned, count] = useState(0);
  const { room, can } = held.info;
  const isLive = held.subscription === "live";
  // Any change may be one of a pinned message, and the list is short.
  useEffect(() => {
    if (!isLive) return;
    app.ask({ type: "pins", room }, (answer) => {
      setRefusal(answer.type === "error" ? answer.detail : "");
      if (answer.type !== "pins") return;
      updateChat(app, (one) => withUsers(one, answer.users));
      setMessages(answer.messages);
    });
  }, [room, isLive, unpinned, changes(held.tail), changes(held.window?.messages ?? [])]);

  const unpin = (message: Message) =>
    can.includes("pin") && (
      <button class="tool" type="button" aria-label={t("act.unpin")} title={t("act.unpin")} onClick={() => pin(app, message, false, () => count(unpinned + 1))}>
        <Icon name="close" />
      </button>
    );
  return (
    <>
      <p class="said" role="status">{refusal || (messages === null ? t("list.loading") : messages.length === 0 ? t(can.includes("pin") ? "pins.noneYours" : "pins.none") : "")}</p>
      {messages && <Listing chat={chat} messages={messages} done={done} beside={unpin} />}
    </>
  );
}

/** Tells one set of pins from another, as far as it is loaded. */
function changes(messages: readonly Message[]): string {
  return messages.flatMap(({ pinned, seq, rev }) => (pinned ? [`${seq}.${rev}`] : [])).join();
}
