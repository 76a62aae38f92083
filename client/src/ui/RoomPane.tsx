/* The room that is shown: its head, its messages, the composer. */
import type { AppState, View } from "../app/state";
import { nameHash } from "../app/route";
import { shownCount } from "../app/title";
import { count, t } from "../i18n";
import { copyText } from "../markup/clipboard";
import type { ChatState } from "../store/chat";
import type { HeldRoom } from "../store/room";
import type { Room } from "../wire/generated";
import { Composer } from "./Composer";
import { useChat } from "./context";
import type { DialogName } from "./App";
import { Icon, type IconName } from "./icons";
import { displayName } from "./MessageRow";
import { MessageList } from "./MessageList";
import { needingRows } from "../outbox/pending";
import { unseen } from "./rows";

interface Props {
  state: AppState;
  chat: ChatState;
  held: HeldRoom;
  view: View;
  membersOpen: boolean;
  toggleMembers(): void;
  open(dialog: DialogName): void;
}

export function RoomPane({ state, chat, held, view, membersOpen, toggleMembers, open }: Props) {
  const app = useChat();
  const { info } = held;
  const pending = needingRows(state.pending.get(info.room) ?? [], held.tail, chat.you.id);
  return (
    <main class="room" key={info.room}>
      <Head info={info} membersOpen={membersOpen} toggleMembers={toggleMembers} open={open} readOnly={chat.you.read_only} />
      <div class="middle">
        <MessageList key={info.room} app={app} chat={chat} held={held} view={view} pending={pending} focused={state.focused} />
        <Latest held={held} view={view} me={chat.you.id} />
      </div>
      <p class="typing" aria-live="off">{typingText(chat, state.typing.get(info.room) ?? [])}</p>
      <Foot info={info} chat={chat} />
    </main>
  );
}

type HeadProps = Pick<Props, "membersOpen" | "toggleMembers" | "open"> & { info: Room; readOnly: boolean };

function Head({ info, membersOpen, toggleMembers, open, readOnly }: HeadProps) {
  const app = useChat();
  const copyLink = () => {
    const url = new URL(nameHash(info.name), document.baseURI).href;
    void copyText(url).then((done) => done && app.state.patch({ notice: t("notice.link") }));
  };
  return (
    <header class="head">
      <a class="back tool" href="#/" aria-label={t("room.back")} title={t("room.back")}><Icon name="back" /></a>
      <div class="titles">
        <h2 dir="auto">{info.name}</h2>
        {info.topic && <p dir="auto" title={info.topic}>{info.topic}</p>}
      </div>
      {info.kind === "open" && <Tool icon="link" label={t("room.link")} act={copyLink} />}
      {!readOnly && (
        <Tool icon={info.muted ? "muted" : "bell"} label={t(info.muted ? "room.unmute" : "room.mute")} act={() => app.membership.mute(info.room, !info.muted)} />
      )}
      {info.can.includes("leave") && <Tool icon="leave" label={t("room.leave")} act={() => open("leave")} />}
      <button class="tool people" type="button" aria-expanded={membersOpen} title={count("room.present", info.present)} onClick={toggleMembers}>
        <Icon name="people" />
        <span class="sr">{t("room.members")}, </span>
        <span aria-hidden="true">{info.present}</span>
        <span class="sr">{count("room.present", info.present)}</span>
      </button>
    </header>
  );
}

function Tool({ icon, label, act }: { icon: IconName; label: string; act(): void }) {
  return (
    <button class="tool" type="button" aria-label={label} title={label} onClick={act}>
      <Icon name={icon} />
    </button>
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

function Foot({ info, chat }: { info: Room; chat: ChatState }) {
  if (info.can.includes("send")) return <Composer key={info.room} room={info.room} name={info.name} limits={chat.limits} />;
  const why = chat.you.read_only ? "banner.readOnly" : info.archived || info.closed ? "room.closed" : "room.mayNot";
  return <p class="mute-foot">{t(why)}</p>;
}

function typingText({ names }: ChatState, users: readonly number[]): string {
  const [who, other] = users.map((user) => displayName(names, user));
  if (!who) return "";
  if (users.length > 2) return t("room.typing.many");
  return other ? t("room.typing.two", { who, other }) : t("room.typing.one", { who });
}
