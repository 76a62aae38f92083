/* The whole screen, made anew from the state whenever that changes. */
import { type ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { Chat } from "../app/chat";
import { roomHash } from "../app/route";
import { type AppState, shownRooms } from "../app/state";
import { pageTitle } from "../app/title";
import { t } from "../i18n";
import type { ChatState } from "../store/chat";
import type { Room } from "../wire/generated";
import { ChatContext, useChat, useMedia } from "./context";
import { Icon } from "./icons";
import { CreateDialog, JoinDialog, LeaveDialog, MembersPane, NoRoom } from "./lazy";
import { Masthead } from "./Masthead";
import { RoomList, sorted } from "./RoomList";
import { RoomPane } from "./RoomPane";
import { substitute } from "./screens";

export type DialogName = "create" | "join" | "leave";

const NARROW = "(max-width: 44rem)";
const WIDE = "(min-width: 68rem)";

export function App({ app }: { app: Chat }) {
  const [state, setState] = useState(app.state.get());
  useEffect(() => app.state.subscribe(() => setState(app.state.get())), [app]);
  useTitle(state);
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
  const title = pageTitle(rooms, rooms.find(({ room }) => room === state.view?.room)?.name ?? null);
  useEffect(() => void (document.title = title), [title]);
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
  const { view, route } = state;
  const isNarrow = useMedia(NARROW);
  const isWide = useMedia(WIDE);
  const [wanted, setWanted] = useState<boolean | null>(null);
  const [dialog, setDialog] = useState<DialogName | null>(null);
  const opener = useRef<HTMLElement | null>(null);
  const held = view ? chat.rooms.get(view.room) : undefined;
  const membersOpen = held !== undefined && (wanted ?? isWide);
  useFirstRoom(state, isNarrow);
  useEffect(() => void (isWide || setWanted(null)), [view?.room, isWide]);

  const toggleMembers = () => {
    opener.current = document.activeElement as HTMLElement | null;
    setWanted(!membersOpen);
  };
  const closeMembers = () => {
    setWanted(false);
    opener.current?.focus();
  };
  const showsList = !isNarrow || route.is === "none";
  const list = <RoomList rooms={shownRooms(state)} shown={view?.room ?? null} readOnly={chat.you.read_only} open={setDialog} />;
  return (
    <div class={`panes${membersOpen ? " with-members" : ""}`}>
      {showsList && (isNarrow ? <main class="alone">{list}</main> : list)}
      {held && view && (
        <RoomPane state={state} chat={chat} held={held} view={view} membersOpen={membersOpen} toggleMembers={toggleMembers} open={setDialog} />
      )}
      {!held && !(isNarrow && showsList) && <NoRoom route={route} />}
      {held && membersOpen && <MembersPane chat={chat} held={held} isDrawer={!isWide} close={closeMembers} />}
      {dialogOf(dialog, chat, held?.info, () => setDialog(null))}
    </div>
  );
}

/** Where there is space for both, an address without a room leads to the first. */
function useFirstRoom(state: AppState, isNarrow: boolean): void {
  const { route } = state;
  const first = sorted(shownRooms(state))[0]?.room;
  useEffect(() => {
    if (route.is === "none" && !isNarrow && first !== undefined) location.replace(roomHash(first));
  }, [route.is, isNarrow, first]);
}

function dialogOf(name: DialogName | null, chat: ChatState, info: Room | undefined, close: () => void): ComponentChildren {
  if (name === "create") return <CreateDialog close={close} longest={chat.limits.room_name_chars} />;
  if (name === "join") return <JoinDialog close={close} />;
  return name === "leave" && info ? <LeaveDialog info={info} close={close} /> : null;
}
