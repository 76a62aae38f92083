/* Answers: the line that is quoted above one, and what stands above the composer while one is written. */
import { useEffect } from "preact/hooks";
import type { Composing } from "../../app/state";
import { t } from "../../i18n";
import type { ChatState } from "../../store/chat";
import type { Names } from "../../store/people";
import { type HeldRoom, loaded } from "../../store/room";
import type { Message } from "../../wire/generated";
import { useChat } from "../context";
import { Icon } from "../icons";
import { displayName } from "../names";
import { Drawn } from "./signs";

interface QuoteProps {
  room: number;
  seq: number;
  message: Message | undefined;
  names: Names;
  tabIndex: 0 | -1;
}

export function Quote({ room, seq, message, names, tabIndex }: QuoteProps) {
  const app = useChat();
  useEffect(() => void (message || app.loading.quote(room, seq)), [room, seq, message === undefined]);
  const name = message && displayName(names, message.user);
  return (
    <button class="quoted" type="button" tabIndex={tabIndex} title={t("quote.jump")} onClick={() => app.showing.jump(room, seq)}>
      <Drawn name="reply" />
      <span class="sr">{t("quote.label")} </span>
      {name && <bdi class="quoted-who">{name}</bdi>}
      <span class="quoted-what" dir="auto">{message ? firstLine(message) : t("quote.earlier")}</span>
    </button>
  );
}

/** What one line can show; a deleted message says that it is one. */
export function firstLine({ deleted, text }: Message): string {
  if (deleted) return t("message.deleted");
  return oneLine(text).slice(0, 200);
}

/** A text without its line breaks, and without the fences of its code. */
export function oneLine(text: string): string {
  return text.replace(/```\S*/g, " ").replace(/\s+/g, " ").trim();
}

export function ComposingBar({ chat, held, composing }: { chat: ChatState; held: HeldRoom; composing: Composing }) {
  const app = useChat();
  const message = loaded(held, composing.seq);
  const name = message ? displayName(chat.names, message.user) : "";
  const isEdit = composing.is === "edit";
  return (
    <div class="composing">
      <Drawn name={isEdit ? "edit" : "reply"} />
      <p role="status">
        {isEdit ? t("composing.edit") : t("composing.reply", { name })}
        {!isEdit && message && <span class="quoted-what" dir="auto"> {firstLine(message)}</span>}
      </p>
      <button class="tool" type="button" aria-label={t("composing.cancel")} title={t("composing.cancel")} onClick={() => app.writing.compose(held.info.room, null)}>
        <Icon name="close" />
      </button>
    </div>
  );
}
