/* The room that is shown: its head, its messages, the composer. */
import { useRef, useState } from "preact/hooks";
import type { AppState, Side, View } from "../app/state";
import { shownCount } from "../app/title";
import { count, t } from "../i18n";
import { needingRows } from "../outbox/pending";
import type { ChatState } from "../store/chat";
import type { HeldRoom } from "../store/room";
import { Composer } from "./Composer";
import { useChat } from "./context";
import { Icon } from "./icons";
import { RoomMenu } from "./lazy";
import { MessageList } from "./MessageList";
import { displayName, roomName } from "./names";
import { unseen } from "./rows";

interface Props {
  state: AppState;
  chat: ChatState;
  held: HeldRoom;
  view: View;
  side: Side;
  show(side: Side): void;
}

export function RoomPane({ state, chat, held, view, side, show }: Props) {
  const app = useChat();
  const { info } = held;
  const pending = needingRows(state.pending.get(info.room) ?? [], held.tail, chat.you.id);
  return (
    <main class="room" key={info.room}>
      <Head chat={chat} held={held} side={side} show={show} />
      <div class="middle">
        <MessageList key={info.room} app={app} chat={chat} held={held} view={view} pending={pending} focused={state.focused} />
        <Latest held={held} view={view} me={chat.you.id} />
      </div>
      <p class="typing" aria-live="off">{typingText(chat, state.typing.get(info.room) ?? [])}</p>
      <Foot held={held} chat={chat} state={state} />
    </main>
  );
}

function Head({ chat, held: { info }, side, show }: Pick<Props, "chat" | "held" | "side" | "show">) {
  const opener = useRef<HTMLButtonElement>(null);
  const [menu, setMenu] = useState(false);
  const toggle = (one: Side) => show(side === one ? null : one);
  const close = (refocus: boolean) => {
    setMenu(false);
    if (refocus) opener.current?.focus();
  };
  return (
    <header class="head">
      <a class="back tool" href="#/" aria-label={t("room.back")} title={t("room.back")}><Icon name="back" /></a>
      <div class="titles">
        <h2 dir="auto">{roomName(chat.names, info)}</h2>
        {info.topic && <p dir="auto" title={info.topic}>{info.topic}</p>}
      </div>
      <button class="tool" type="button" aria-label={t("room.search")} title={t("room.search")} aria-expanded={side === "search"} onClick={() => toggle("search")}>
        <Icon name="search" />
      </button>
      <button ref={opener} class="tool" type="button" aria-label={t("room.more")} title={t("room.more")} aria-expanded={menu} onClick={() => setMenu(!menu)}>
        <Icon name="dots" />
      </button>
      <button class="tool people" type="button" aria-expanded={side === "members"} title={count("room.present", info.present)} onClick={() => toggle("members")}>
        <Icon name="people" />
        <span class="sr">{t("room.members")}, </span>
        <span aria-hidden="true">{info.present}</span>
        <span class="sr">{count("room.present", info.present)}</span>
      </button>
      {menu && opener.current && <RoomMenu chat={chat} info={info} opener={opener.current} close={close} show={show} />}
    </header>
  );
}

function Latest({ held, view, me }: { held: HeldRoom; view: View; me: number }) {
  const app = useChat();
  if (view.atBottom && !held.window) return null;
  const n = unseen(held.tail, view.seen, me);
  const act = () => {
    app.loading.latest(held.info.room);
    app.reading.toLatest();
  };
  return (
    <button class="latest" type="button" onClick={act}>
      <Icon name="down" />
      {n > 0 ? t("room.latestNew", { n: shownCount(n) }) : t("room.latest")}
    </button>
  );
}

function Foot({ held, chat, state }: Pick<Props, "held" | "chat" | "state">) {
  const { info } = held;
  if (info.can.includes("send")) {
    return <Composer key={info.room} chat={chat} held={held} name={roomName(chat.names, info)} composing={state.composing.get(info.room)} />;
  }
  const why = chat.you.read_only ? "banner.readOnly" : info.archived || info.closed ? "room.closed" : "room.mayNot";
  return <p class="mute-foot">{t(why)}</p>;
}

function typingText({ names }: ChatState, users: readonly number[]): string {
  const [who, other] = users.map((user) => displayName(names, user));
  if (!who) return "";
  if (users.length > 2) return t("room.typing.many");
  return other ? t("room.typing.two", { who, other }) : t("room.typing.one", { who });
}
