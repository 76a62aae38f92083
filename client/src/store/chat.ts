/*
 * All that this client knows of the chat, and what each event makes of it. Nothing here sends anything:
 * what is to be done beyond the state is handed back as consequences.
 */
import type { AnyEvent, Joined, Message, Presence, ReadEvent, Room, RoomEvent, User, Welcome, WireLimits, You } from "../wire/generated";
import { comeAndGo, learn, type Members, type Names, NOBODY } from "./people";
import { type Change, change, countedTo, hold, type HeldRoom, inform, judge, take, welcomeBack } from "./room";
import { find } from "./sorted";
import { passing } from "./traffic";
import { countDeleted, countNew } from "./unread";

export interface ChatState {
  epoch: string;
  you: You;
  limits: WireLimits;
  banner: string;
  rooms: ReadonlyMap<number, HeldRoom>;
  names: Names;
  members: ReadonlyMap<number, Members>;
  ignored: ReadonlySet<number>;
}

export type Consequence =
  /** The room must be (re)joined. */
  | { is: "join"; room: number }
  /** A message that was not there before. */
  | { is: "arrived"; message: Message; live: boolean }
  /** One is no member any more. */
  | { is: "gone"; room: number }
  | { is: "typing"; room: number; user: number }
  /** One is back in the chat: which rooms there are must be asked. */
  | { is: "back" }
  /** A word to the reader. */
  | { is: "notice"; text: string };

type Next = [ChatState, Consequence[]];

/** What was held of the same user's rooms in the same log stays, to be resumed. */
export function applyWelcome(before: ChatState | null, event: Welcome): ChatState {
  const same = before?.epoch === event.epoch && before.you.id === event.you.id ? before : null;
  const rooms = event.rooms.map((info): [number, HeldRoom] => {
    const held = same?.rooms.get(info.room);
    return [info.room, held ? { ...inform(held, info), counted: countedTo(info) } : hold(info)];
  });
  return {
    epoch: event.epoch,
    you: event.you,
    limits: event.limits,
    banner: event.banner ?? "",
    rooms: new Map(rooms),
    names: learn(same?.names ?? new Map(), [...event.users, event.you]),
    members: same?.members ?? new Map(),
    ignored: new Set(event.ignored),
  };
}

export function applyJoined(state: ChatState, reply: Joined, after: number | null): Next {
  const before = state.rooms.get(reply.room.room) ?? hold(reply.room);
  const next = withRoom(withUsers(state, reply.users), recounted(state, welcomeBack(before, reply, after), reply.room, countedTo(reply.room)));
  const known = before.last;
  const isNew = ({ seq }: Message) => (known === null ? before.appeared === true && seq > reply.room.read : seq > known);
  return [next, reply.messages.map((message) => ({ is: "arrived", message, live: isNew(message) }))];
}

export function applyEvent(state: ChatState, event: AnyEvent): Next {
  const known = "users" in event ? withUsers(state, event.users) : state;
  switch (event.type) {
    case "message":
      return applyLive(known, event.room, event.rev, event.message);
    case "reaction":
      return applyLive(known, event.room, event.rev, event);
    case "room":
      return applyChange(known, event);
    case "listed":
      return applyListed(known, event.room);
    case "left":
      return [withoutRoom(known, event.room), [{ is: "gone", room: event.room }]];
    case "read":
      return [applyRead(known, event), []];
    case "presence":
      return [withPresence(known, event), []];
    case "typing":
      return [known, event.user === known.you.id ? [] : [{ is: "typing", room: event.room, user: event.user }]];
    case "user":
      return [applyName(known, event.user), []];
    case "ignore":
      return [{ ...known, ignored: toggled(known.ignored, event.user, event.on) }, []];
    case "absent":
      return [{ ...known, you: { ...known.you, absent: event.on }, rooms: new Map() }, event.on ? [] : [{ is: "back" }]];
    default:
      return applyWord(known, event);
  }
}

function applyRead(state: ChatState, { room, seq: read, unread, mentions, counted }: ReadEvent): ChatState {
  return updateRoom(state, room, (held) => recounted(state, held, { ...held.info, read, unread, mentions }, counted));
}

/** What the server says of a room, and what came since it counted: its numbers may be overtaken by messages. */
function recounted({ you, ignored }: ChatState, held: HeldRoom, info: Room, counted: number): HeldRoom {
  const since = held.tail.filter(({ seq, user }) => seq > counted && !ignored.has(user));
  return { ...inform(held, since.reduce((sum, message) => countNew(sum, message, you.id), info)), counted };
}

function applyName(state: ChatState, user: User): ChatState {
  const known = withUsers(state, [user]);
  return user.id === known.you.id ? { ...known, you: { ...known.you, name: user.name ?? known.you.name } } : known;
}

/** What a server of tomorrow says to people, and this one's types do not name yet. */
function applyWord(state: ChatState, event: { type: string; text?: unknown }): Next {
  const text = typeof event.text === "string" ? event.text : "";
  if (event.type === "banner") return [{ ...state, banner: text }, []];
  return [state, event.type === "notice" ? [{ is: "notice", text }] : []];
}

function toggled(all: ReadonlySet<number>, one: number, on: boolean): ReadonlySet<number> {
  const next = new Set(all);
  if (on) next.add(one);
  else next.delete(one);
  return next;
}

function applyLive(state: ChatState, room: number, rev: number, change: Change): Next {
  const held = state.rooms.get(room);
  if (!held) return [state, []];
  const verdict = judge(held, rev);
  if (verdict === "drop") return [state, []];
  if (verdict === "gap") return rejoin(state, held);
  const message = "emoji" in change ? null : change;
  const isNew = message !== null && message.seq > (held.last ?? -1);
  const info = message ? withCount(state, held, message, isNew) : held.info;
  const next = withRoom(state, take({ ...held, info }, change, rev));
  return [next, isNew ? [{ is: "arrived", message, live: true }] : []];
}

/** Who is ignored counts for nothing; a room that was hidden shows itself with its next message. */
function withCount({ you, ignored }: ChatState, { info, tail, counted }: HeldRoom, message: Message, isNew: boolean): Room {
  if (ignored.has(message.user)) return info;
  const shown = isNew && !message.deleted ? { ...info, hidden: false } : info;
  if (message.rev <= counted) return shown;
  if (message.deleted) return countDeleted(shown, message, find(tail, message.seq), you.id);
  return isNew ? countNew(shown, message, you.id) : shown;
}

function applyChange(state: ChatState, event: RoomEvent): Next {
  const held = state.rooms.get(event.room);
  if (!held) return [state, []];
  const verdict = judge(held, event.rev);
  if (verdict === "drop") return [state, []];
  if (verdict === "gap") return rejoin(state, held);
  const changed = change(held, event);
  return changed ? [withRoom(state, changed), []] : rejoin(state, hold(held.info));
}

function applyListed(state: ChatState, info: Room): Next {
  const held = state.rooms.get(info.room);
  const next = withRoom(state, held ? recounted(state, held, info, countedTo(info)) : { ...hold(info), appeared: true });
  return [next, held || !info.member ? [] : [{ is: "join", room: info.room }]];
}

/** Until the answer comes, what still arrives of the room is a gap as well, and asks for nothing more. */
function rejoin(state: ChatState, held: HeldRoom): Next {
  if (held.subscription === "asked") return [state, []];
  return [withRoom(state, { ...held, subscription: "none" }), [{ is: "join", room: held.info.room }]];
}

export function withRoom(state: ChatState, held: HeldRoom): ChatState {
  return { ...state, rooms: new Map(state.rooms).set(held.info.room, held) };
}

export function updateRoom(state: ChatState, room: number, update: (held: HeldRoom) => HeldRoom): ChatState {
  const held = state.rooms.get(room);
  return held ? withRoom(state, update(held)) : state;
}

export function withInfo(state: ChatState, room: number, update: (info: Room) => Room): ChatState {
  return updateRoom(state, room, (held) => inform(held, update(held.info)));
}

export function withUsers(state: ChatState, users: readonly User[]): ChatState {
  const names = learn(state.names, users);
  return names === state.names ? state : { ...state, names };
}

export function withMembers(state: ChatState, room: number, members: Members): ChatState {
  return { ...state, members: new Map(state.members).set(room, members) };
}

function withPresence(state: ChatState, event: Pick<Presence, "room" | "joined" | "left" | "present">): ChatState {
  const next = updateRoom(state, event.room, (held) => ({
    ...inform(held, { ...held.info, present: event.present }),
    traffic: passing(held, event, state.you.id),
  }));
  const members = next.members.get(event.room);
  return members ? withMembers(next, event.room, comeAndGo(members, event)) : next;
}

function withoutRoom(state: ChatState, room: number): ChatState {
  const rooms = new Map(state.rooms);
  rooms.delete(room);
  return { ...state, rooms };
}

/** The connection is gone: no room gets events, and no page is on its way any more. */
export function disconnected(state: ChatState): ChatState {
  const rooms = [...state.rooms].map(([id, held]): [number, HeldRoom] => [id, { ...held, subscription: "none", kept: null, traffic: null }]);
  return { ...state, rooms: new Map(rooms) };
}

export function membersOf(state: ChatState, room: number): Members {
  return state.members.get(room) ?? NOBODY;
}
