/* The whole screen, made anew from the state whenever that changes. */
import { useEffect, useRef, useState } from "preact/hooks";
import type { Chat } from "../app/chat";
import { roomHash } from "../app/route";
import { type AppState, type Side, shownRooms } from "../app/state";
import { pageTitle } from "../app/title";
import { t } from "../i18n";
import type { ChatState } from "../store/chat";
import { ChatContext, useChat, useMedia } from "./context";
import { Icon } from "./icons";
import { Dialogs, loadLater, NoRoom, SidePane } from "./lazy";
import { Masthead } from "./Masthead";
import { roomName } from "./names";
import { RoomList, sorted } from "./RoomList";
import { RoomPane } from "./RoomPane";
import { substitute } from "./screens";

const NARROW = "(max-width: 44rem)";
const WIDE = "(min-width: 68rem)";
/** What most people want next is fetched when the messages are there. */
const SOON = 1_000;

export function App({ app }: { app: Chat }) {
  const [state, setState] = useState(app.state.get());
  useEffect(() => app.state.subscribe(() => setState(app.state.get())), [app]);
  useTitle(state);
  useRest(app, state);
  return (
    <ChatContext.Provider value={app}>
      <Masthead state={state} />
      <Banners state={state} />
      {substitute(state) ?? <Rooms key={state.chat!.you.id} state={state} chat={state.chat!} />}
      <div class="sr" aria-live="polite">{state.hidden ? "" : state.spoken}</div>
    </ChatContext.Provider>
  );
}

function useTitle(state: AppState): void {
  const rooms = shownRooms(state);
  const shown = rooms.find(({ room }) => room === state.view?.room);
  const title = pageTitle(rooms, shown ? roomName(state.chat!.names, shown) : null);
  useEffect(() => void (document.title = title), [title]);
}

function useRest(app: Chat, { link: { phase } }: AppState): void {
  useEffect(() => {
    if (phase !== "online") return;
    const timer = setTimeout(() => void loadLater(app).catch(() => {}), SOON);
    return () => clearTimeout(timer);
  }, [phase === "online"]);
}

function Banners({ state }: { state: AppState }) {
  const app = useChat();
  const { chat, hidden, choice, away, notice, diagnosis } = state;
  const isSeen = chat !== null && !hidden;
  return (
    <div class="banners">
      {isSeen && chat.banner && <p class="banner site" dir="auto">{chat.banner}</p>}
      {isSeen && chat.you.read_only && <p class="banner">{t("banner.readOnly")}</p>}
      <div role="status">
        {isSeen && choice && away && <p class="banner">{t("banner.away")} {diagnosis?.trouble === "no_websocket" && t("trouble.no_websocket")}</p>}
        {isSeen && !choice && <p class="banner">{t("banner.offline")}</p>}
        {notice && <p class="banner"><span dir="auto">{notice}</span><Dismiss act={() => app.dismissNotice()} /></p>}
      </div>
    </div>
  );
}

function Dismiss({ act }: { act(): void }) {
  return <button class="tool" type="button" aria-label={t("banner.dismiss")} onClick={act}><Icon name="close" /></button>;
}

/** Another user gets other components: what the last one was typing must not stay in a field. */
function Rooms({ state, chat }: { state: AppState; chat: ChatState }) {
  const app = useChat();
  const { view, route, dialog } = state;
  const isNarrow = useMedia(NARROW);
  const isWide = useMedia(WIDE);
  const opener = useRef<HTMLElement | null>(null);
  const held = view ? chat.rooms.get(view.room) : undefined;
  const side = held ? (state.side === undefined && isWide ? "members" : state.side) : null;
  useFirstRoom(state, isNarrow);
  useEffect(() => void (isWide || app.state.patch({ side: undefined })), [view?.room, isWide]);

  const show = (wanted: Side) => {
    if (wanted) opener.current = document.activeElement as HTMLElement | null;
    app.state.patch({ side: wanted });
    if (!wanted) opener.current?.focus();
  };
  const showsList = !isNarrow || route.is === "none";
  const list = <RoomList rooms={shownRooms(state)} names={chat.names} shown={view?.room ?? null} readOnly={chat.you.read_only} />;
  return (
    <div class={`panes${side ? " with-side" : ""}`}>
      {showsList && (isNarrow ? <main class="alone">{list}</main> : list)}
      {held && view && <RoomPane state={state} chat={chat} held={held} view={view} side={side} show={show} />}
      {!held && !(isNarrow && showsList) && <NoRoom route={route} />}
      {held && side && <SidePane side={side} chat={chat} held={held} isDrawer={!isWide} close={() => show(null)} />}
      {dialog && <Dialogs dialog={dialog} chat={chat} />}
    </div>
  );
}

/** Where there is space for both, an address without a room leads to where one was last, or to the first. */
function useFirstRoom(state: AppState, isNarrow: boolean): void {
  const { route } = state;
  const first = useChat().showing.lastRoom ?? sorted(shownRooms(state))[0]?.room;
  useEffect(() => {
    if (route.is === "none" && !isNarrow && first !== undefined) location.replace(roomHash(first));
  }, [route.is, isNarrow, first]);
}
