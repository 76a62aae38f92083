/* Made from docs/protocol/schema.json by `npm run types`; do not edit. */

export type Wire = AnyCommand | AnyEvent;
export type AnyCommand =
  | Join
  | Leave
  | Create
  | Direct
  | Invite
  | Remove
  | ChangeRoom
  | Send
  | Edit
  | Delete
  | Pin
  | React
  | ListPins
  | Search
  | History
  | Read
  | Mute
  | Hide
  | Ignore
  | Absent
  | ListRooms
  | ListMembers
  | FindUsers
  | Typing;
export type AnyEvent =
  | Welcome
  | Joined
  | Ok
  | Sent
  | HistoryPage
  | PinList
  | Found
  | RoomList
  | MemberList
  | UserList
  | Error
  | MessageEvent
  | ReactionEvent
  | RoomEvent
  | Listed
  | Left
  | IgnoreEvent
  | AbsentEvent
  | ReadEvent
  | Presence
  | TypingEvent
  | UserEvent
  | Bye;
/**
 * What a person is on this site; a moderator's powers end at rooms that they may not see.
 */
export type Role = "admin" | "moderator" | "user";
/**
 * How one comes to be a member of a room.
 */
export type RoomKind = "direct" | "group" | "lobby" | "open" | "persistent" | "private";
/**
 * One node of a message's body; a client shows the children of a kind that it does not know.
 */
export type Token =
  | ["text", string]
  | ["code", string]
  | ["pre", string, string]
  | [
      "pre",
      string,
      string,
      [
        (
          | ""
          | "c"
          | "k"
          | "s"
          | "m"
          | "nf"
          | "nc"
          | "nb"
          | "nd"
          | "nv"
          | "na"
          | "o"
          | "gi"
          | "gd"
          | "gh"
          | "err"
        ),
        number
      ][]
    ]
  | ["mention", number]
  | ["br"]
  | ["p" | "em" | "strong" | "quote" | "ul" | "li", ...Token[]]
  | ["ol", number, ...Token[]]
  | ["link", string, ...Token[]];

/**
 * Enter a room by `room` or by `name`, or come back to it after revision `after` of log `epoch`.
 */
export interface Join {
  type: "join";
  id?: string | number | null;
  room?: number | null;
  name?: string | null;
  after?: number | null;
  epoch?: string | null;
}
/**
 * Stop being a member of a room.
 */
export interface Leave {
  type: "leave";
  id?: string | number | null;
  /**
   * A random integer below 2**48.
   */
  room: number;
}
/**
 * Make a room; an open one is unlisted and joined by its exact name, a private one by invitation.
 */
export interface Create {
  type: "create";
  id?: string | number | null;
  name: string;
  kind?: "open" | "private";
  topic?: string;
}
/**
 * Enter the room that one has with another user alone; there is one for each two.
 */
export interface Direct {
  type: "direct";
  id?: string | number | null;
  /**
   * galaxy_user.id
   */
  user: number;
}
/**
 * Make somebody a member of a private room.
 */
export interface Invite {
  type: "invite";
  id?: string | number | null;
  /**
   * A random integer below 2**48.
   */
  room: number;
  /**
   * galaxy_user.id
   */
  user: number;
}
/**
 * End somebody else's membership of a private room.
 */
export interface Remove {
  type: "remove";
  id?: string | number | null;
  /**
   * A random integer below 2**48.
   */
  room: number;
  /**
   * galaxy_user.id
   */
  user: number;
}
/**
 * Give a room another name, topic or owner.
 */
export interface ChangeRoom {
  type: "change_room";
  id?: string | number | null;
  /**
   * A random integer below 2**48.
   */
  room: number;
  name?: string | null;
  topic?: string | null;
  owner?: number | null;
}
/**
 * Post `text`; the same `nonce` again gets the first answer and posts nothing.
 */
export interface Send {
  type: "send";
  id?: string | number | null;
  /**
   * A random integer below 2**48.
   */
  room: number;
  text: string;
  nonce: string;
  reply_to?: number | null;
}
/**
 * Say something else in a message of one's own; nobody is notified again.
 */
export interface Edit {
  type: "edit";
  id?: string | number | null;
  /**
   * A random integer below 2**48.
   */
  room: number;
  /**
   * The revision at which a message was posted.
   */
  seq: number;
  text: string;
}
/**
 * Take back what a message says; that there was one stays to be seen.
 */
export interface Delete {
  type: "delete";
  id?: string | number | null;
  /**
   * A random integer below 2**48.
   */
  room: number;
  /**
   * The revision at which a message was posted.
   */
  seq: number;
}
/**
 * Keep a message where everybody in the room finds it, or no longer.
 */
export interface Pin {
  type: "pin";
  id?: string | number | null;
  /**
   * A random integer below 2**48.
   */
  room: number;
  /**
   * The revision at which a message was posted.
   */
  seq: number;
  on: boolean;
}
/**
 * Put an emoji to a message, or take it away again.
 */
export interface React {
  type: "react";
  id?: string | number | null;
  /**
   * A random integer below 2**48.
   */
  room: number;
  /**
   * The revision at which a message was posted.
   */
  seq: number;
  emoji:
    | "⏳"
    | "☕"
    | "⚠️"
    | "✅"
    | "✋"
    | "✨"
    | "❌"
    | "❓"
    | "❗"
    | "❤️"
    | "⭐"
    | "🎉"
    | "🏆"
    | "🐛"
    | "👀"
    | "👋"
    | "👌"
    | "👍"
    | "👎"
    | "👏"
    | "💔"
    | "💙"
    | "💚"
    | "💛"
    | "💡"
    | "💪"
    | "💯"
    | "📊"
    | "📌"
    | "🔎"
    | "🔥"
    | "🔬"
    | "😀"
    | "😁"
    | "😂"
    | "😄"
    | "😅"
    | "😉"
    | "😊"
    | "😍"
    | "😎"
    | "😐"
    | "😕"
    | "😢"
    | "😬"
    | "😭"
    | "😮"
    | "😱"
    | "😴"
    | "🙁"
    | "🙂"
    | "🙌"
    | "🙏"
    | "🚀"
    | "🤔"
    | "🤝"
    | "🤞"
    | "🤣"
    | "🤩"
    | "🤯"
    | "🥇"
    | "🥳"
    | "🧪"
    | "🧬";
  on: boolean;
}
/**
 * The pinned messages of a room.
 */
export interface ListPins {
  type: "pins";
  id?: string | number | null;
  /**
   * A random integer below 2**48.
   */
  room: number;
}
/**
 * Messages that hold all these words and "phrases in quotes", in one room or in all of one's own.
 *
 *     `cursor` is that of the answer before.
 */
export interface Search {
  type: "search";
  id?: string | number | null;
  text: string;
  room?: number | null;
  cursor?: string | null;
}
/**
 * Older or newer messages, or those about one place.
 */
export interface History {
  type: "history";
  id?: string | number | null;
  /**
   * A random integer below 2**48.
   */
  room: number;
  before?: number | null;
  after?: number | null;
  around?: number | null;
  limit?: number;
}
/**
 * Everything up to `seq` has been seen.
 */
export interface Read {
  type: "read";
  id?: string | number | null;
  /**
   * A random integer below 2**48.
   */
  room: number;
  /**
   * The revision at which a message was posted.
   */
  seq: number;
}
/**
 * Be told of nothing in this room, or again of everything.
 */
export interface Mute {
  type: "mute";
  id?: string | number | null;
  /**
   * A random integer below 2**48.
   */
  room: number;
  on: boolean;
}
/**
 * Take a direct room out of one's list until its next message.
 */
export interface Hide {
  type: "hide";
  id?: string | number | null;
  /**
   * A random integer below 2**48.
   */
  room: number;
}
/**
 * Neither be reached by somebody nor count what they write, or again do both.
 */
export interface Ignore {
  type: "ignore";
  id?: string | number | null;
  /**
   * galaxy_user.id
   */
  user: number;
  on: boolean;
}
/**
 * Leave the chat altogether, or come back to it.
 */
export interface Absent {
  type: "absent";
  id?: string | number | null;
  on: boolean;
}
/**
 * The rooms of which one is a member.
 */
export interface ListRooms {
  type: "rooms";
  id?: string | number | null;
}
/**
 * Who belongs to a room: those present first, in pages of 200.
 */
export interface ListMembers {
  type: "members";
  id?: string | number | null;
  /**
   * A random integer below 2**48.
   */
  room: number;
  after_name?: string | null;
}
/**
 * At most ten people whose name begins with `prefix`, of those the chat knows.
 */
export interface FindUsers {
  type: "users";
  id?: string | number | null;
  prefix: string;
}
/**
 * One is writing; passed on in small rooms only, and never answered.
 */
export interface Typing {
  type: "typing";
  id?: string | number | null;
  /**
   * A random integer below 2**48.
   */
  room: number;
}
/**
 * The first event of an admitted connection.
 */
export interface Welcome {
  type: "welcome";
  protocol: 1;
  version: string;
  epoch: string;
  you: You;
  rooms: Room[];
  users: User[];
  limits: WireLimits;
  /**
   * Items: galaxy_user.id
   */
  ignored?: number[];
  banner?: string | null;
}
/**
 * Who the server takes this connection for; one who is `absent` may only ask to come back.
 */
export interface You {
  /**
   * galaxy_user.id
   */
  id: number;
  name: string;
  role: Role;
  read_only: boolean;
  absent?: boolean;
}
/**
 * A room as one user sees it; `unread` and `mentions` stop counting at 100.
 *
 *     They count what was said up to `counted`, or to `rev` where that is not given. `with` is the other one in a direct
 *     room, which has no name. A `hidden` room shows itself with its next message.
 */
export interface Room {
  /**
   * A random integer below 2**48.
   */
  room: number;
  name: string;
  kind: RoomKind;
  topic: string;
  /**
   * The revision of a message's or room's latest change.
   */
  rev: number;
  /**
   * The revision of a message's or room's latest change.
   */
  floor: number;
  /**
   * The revision at which a message was posted.
   */
  read: number;
  unread: number;
  mentions: number;
  member: boolean;
  muted: boolean;
  present: number;
  can: string[];
  with?: User | null;
  owner?: number | null;
  closed?: boolean;
  archived?: boolean;
  hidden?: boolean;
  counted?: number | null;
}
/**
 * A person; `name` is null for a forgotten account.
 */
export interface User {
  /**
   * galaxy_user.id
   */
  id: number;
  name: string | null;
}
/**
 * What a client must know to refuse in time what the server would refuse.
 */
export interface WireLimits {
  message_chars: number;
  frame_bytes: number;
  room_name_chars: number;
}
/**
 * The changes since `after`, or the last page; with `reset` the page replaces all that the client holds.
 */
export interface Joined {
  type: "joined";
  re?: string | number | null;
  room: Room;
  messages: Message[];
  more: boolean;
  users: User[];
  reset?: boolean;
}
/**
 * A message in its present state; a deleted one has neither text nor body.
 *
 *     `nonce` stands in the live event only.
 */
export interface Message {
  /**
   * A random integer below 2**48.
   */
  room: number;
  /**
   * The revision at which a message was posted.
   */
  seq: number;
  /**
   * The revision of a message's or room's latest change.
   */
  rev: number;
  /**
   * galaxy_user.id
   */
  user: number;
  /**
   * RFC 3339, UTC, milliseconds: 2026-05-01T12:00:00.000Z
   */
  at: string;
  text: string;
  body: Token[];
  edited?: boolean;
  deleted?: boolean;
  reply_to?: number | null;
  pinned?: boolean;
  reactions?: Reaction[];
  nonce?: string | null;
}
/**
 * How many people put this emoji to a message, and the first ten of them.
 */
export interface Reaction {
  emoji: string;
  count: number;
  /**
   * Items: galaxy_user.id
   */
  users: number[];
}
/**
 * Done; `rev` where the command made a durable change.
 */
export interface Ok {
  type: "ok";
  re?: string | number | null;
  rev?: number | null;
}
/**
 * The message is durable.
 */
export interface Sent {
  type: "sent";
  re?: string | number | null;
  /**
   * A random integer below 2**48.
   */
  room: number;
  /**
   * The revision at which a message was posted.
   */
  seq: number;
  /**
   * RFC 3339, UTC, milliseconds: 2026-05-01T12:00:00.000Z
   */
  at: string;
}
/**
 * Messages, oldest first.
 */
export interface HistoryPage {
  type: "history";
  re?: string | number | null;
  /**
   * A random integer below 2**48.
   */
  room: number;
  messages: Message[];
  more_before: boolean;
  more_after: boolean;
  users: User[];
}
/**
 * The pinned messages of a room, newest first.
 */
export interface PinList {
  type: "pins";
  re?: string | number | null;
  /**
   * A random integer below 2**48.
   */
  room: number;
  messages: Message[];
  users: User[];
}
/**
 * Messages that were searched for, newest first; with a `cursor` there may be more.
 */
export interface Found {
  type: "found";
  re?: string | number | null;
  messages: Message[];
  users: User[];
  cursor?: string | null;
}
/**
 * All the rooms of the asker.
 */
export interface RoomList {
  type: "rooms";
  re?: string | number | null;
  rooms: Room[];
  users: User[];
}
/**
 * Members; the first `present` of them are here now. `next` is the `after_name` of the next page.
 *
 *     `impersonated`, for moderators only, are those through whose eyes an admin looks into the room at the moment.
 */
export interface MemberList {
  type: "members";
  re?: string | number | null;
  /**
   * A random integer below 2**48.
   */
  room: number;
  /**
   * Items: galaxy_user.id
   */
  members: number[];
  present: number;
  more: boolean;
  next?: string | null;
  users: User[];
  /**
   * Items: galaxy_user.id
   */
  impersonated?: number[];
}
/**
 * People found.
 */
export interface UserList {
  type: "users";
  re?: string | number | null;
  users: User[];
}
/**
 * The command was refused; the connection stays. `retry_after` is in seconds.
 */
export interface Error {
  type: "error";
  re?: string | number | null;
  code: string;
  detail: string;
  retry_after?: number | null;
}
/**
 * A message was posted or changed.
 */
export interface MessageEvent {
  type: "message";
  /**
   * A random integer below 2**48.
   */
  room: number;
  /**
   * The revision of a message's or room's latest change.
   */
  rev: number;
  message: Message;
  users: User[];
}
/**
 * Somebody put an emoji to a message, or took it away.
 */
export interface ReactionEvent {
  type: "reaction";
  /**
   * A random integer below 2**48.
   */
  room: number;
  /**
   * The revision of a message's or room's latest change.
   */
  rev: number;
  /**
   * The revision at which a message was posted.
   */
  seq: number;
  emoji: string;
  /**
   * galaxy_user.id
   */
  user: number;
  on: boolean;
  users: User[];
}
/**
 * A room changed: only what changed is named.
 */
export interface RoomEvent {
  type: "room";
  /**
   * A random integer below 2**48.
   */
  room: number;
  /**
   * The revision of a message's or room's latest change.
   */
  rev: number;
  name?: string | null;
  topic?: string | null;
  owner?: number | null;
  closed?: boolean | null;
  archived?: boolean | null;
  floor?: number | null;
  reset?: boolean;
}
/**
 * A room came into one's list, or one's own state of it changed.
 */
export interface Listed {
  type: "listed";
  room: Room;
  users: User[];
}
/**
 * One is no longer a member of this room.
 */
export interface Left {
  type: "left";
  /**
   * A random integer below 2**48.
   */
  room: number;
}
/**
 * One ignores somebody from now on, or no longer.
 */
export interface IgnoreEvent {
  type: "ignore";
  /**
   * galaxy_user.id
   */
  user: number;
  on: boolean;
  users: User[];
}
/**
 * One left the chat and is in none of its rooms, or came back and may ask for them.
 */
export interface AbsentEvent {
  type: "absent";
  on: boolean;
}
/**
 * One's own read position moved, on whatever connection; the numbers count what was said up to `counted`.
 */
export interface ReadEvent {
  type: "read";
  /**
   * A random integer below 2**48.
   */
  room: number;
  /**
   * The revision at which a message was posted.
   */
  seq: number;
  unread: number;
  mentions: number;
  /**
   * The revision of a message's or room's latest change.
   */
  counted: number;
}
/**
 * Who came and went; in rooms of more than 200 only how many are present.
 */
export interface Presence {
  type: "presence";
  /**
   * A random integer below 2**48.
   */
  room: number;
  /**
   * Items: galaxy_user.id
   */
  joined: number[];
  /**
   * Items: galaxy_user.id
   */
  left: number[];
  present: number;
  users: User[];
}
/**
 * Somebody is writing.
 */
export interface TypingEvent {
  type: "typing";
  /**
   * A random integer below 2**48.
   */
  room: number;
  /**
   * galaxy_user.id
   */
  user: number;
  users: User[];
}
/**
 * Somebody goes by another name.
 */
export interface UserEvent {
  type: "user";
  user: User;
}
/**
 * The server goes away; come back after about `retry_in` seconds.
 */
export interface Bye {
  type: "bye";
  reason: string;
  retry_in: number;
}
