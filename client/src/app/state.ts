/* All that the screen is made from. */
import type { Diagnosis } from "../connection/diagnosis";
import { type Link, OFFLINE } from "../connection/machine";
import type { Items } from "../outbox/outbox";
import type { Line } from "../read/newLine";
import type { ChatState } from "../store/chat";
import type { Room } from "../wire/generated";
import type { Route } from "./route";

/** How the reader stands to the room that is shown. */
export interface View {
  room: number;
  /** The "New" line stands after this seq. */
  line: Line;
  atBottom: boolean;
  /** The newest message that has been on the screen. */
  seen: number;
  /** A message to be brought into view and pointed out, or the end of the list; each request is a new object. */
  target: { seq: number | "newest" } | null;
}

/** What the composer of a room is about besides a new message. */
export interface Composing {
  is: "reply" | "edit";
  seq: number;
}

/** What is asked or told in front of the page. */
export type Dialog =
  | { is: "create" | "join" | "people" | "settings" }
  | { is: "leave" | "details"; room: number }
  | { is: "delete"; room: number; seq: number }
  | { is: "person"; user: number };

/** What stands at the right of the messages; undefined as long as nobody has said. */
export type Side = "members" | "search" | "pins" | null | undefined;

export interface AppState {
  /** Null as long as this browser has never chosen. */
  choice: boolean | null;
  link: Link;
  /** The connection has been away for so long that it is worth a word. */
  away: boolean;
  /** Nothing of anybody may be seen until it is known who sits here. */
  hidden: boolean;
  diagnosis: Diagnosis | null;
  chat: ChatState | null;
  route: Route;
  focused: boolean;
  view: View | null;
  pending: Items;
  composing: ReadonlyMap<number, Composing>;
  dialog: Dialog | null;
  side: Side;
  typing: ReadonlyMap<number, readonly number[]>;
  /** A refusal or a piece of news, said once. */
  notice: string;
  spoken: string;
}

export function initialState(choice: boolean | null, route: Route, focused: boolean): AppState {
  return {
    choice,
    link: OFFLINE,
    away: false,
    hidden: false,
    diagnosis: null,
    chat: null,
    route,
    focused,
    view: null,
    pending: new Map(),
    composing: new Map(),
    dialog: null,
    side: undefined,
    typing: new Map(),
    notice: "",
    spoken: "",
  };
}

/** The rooms as they are shown: what is being read at this moment is not unread. */
export function shownRooms({ chat, hidden, view, focused }: AppState): Room[] {
  if (!chat || hidden) return [];
  const isRead = (room: number) => focused && view?.room === room && view.atBottom;
  return [...chat.rooms.values()].map(({ info }) => (isRead(info.room) ? { ...info, unread: 0, mentions: 0 } : info));
}
