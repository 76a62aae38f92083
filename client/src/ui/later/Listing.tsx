/* Messages out of their context: each a link to its place. */
import type { ComponentChildren } from "preact";
import { roomHash } from "../../app/route";
import { dayName, clockTime } from "../../i18n/time";
import type { ChatState } from "../../store/chat";
import type { Message } from "../../wire/generated";
import { useChat } from "../context";
import { displayName, roomName } from "../names";
import { oneLine } from "./answering";

interface Props {
  chat: ChatState;
  messages: readonly Message[];
  words?: readonly string[];
  showsRoom?: boolean;
  done(): void;
  /** What else can be done with one. */
  beside?: (message: Message) => ComponentChildren;
}

/** So much of a long message before its first word that was looked for. */
const BEFORE = 60;
const LONGEST = 280;

export function Listing({ chat, messages, words = [], showsRoom, done, beside }: Props) {
  const app = useChat();
  const go = (event: MouseEvent, { room, seq }: Message) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    done();
    app.showing.jump(room, seq);
  };
  return (
    <ul class="listing">
      {messages.map((message) => {
        const { room, seq, user, at, text } = message;
        const held = chat.rooms.get(room);
        return (
          <li key={`${room}/${seq}`}>
            <a href={roomHash(room, seq)} onClick={(event) => go(event, message)}>
              {showsRoom && held && <bdi class="in">{roomName(chat.names, held.info)}</bdi>}
              <bdi class="who">{displayName(chat.names, user)}</bdi> <time class="when" dateTime={at}>{dayName(at, new Date())}, {clockTime(at)}</time>
              <span class="snippet" dir="auto">{marked(excerpt(text, words), words)}</span>
            </a>
            {beside?.(message)}
          </li>
        );
      })}
    </ul>
  );
}

function excerpt(text: string, words: readonly string[]): string {
  const plain = oneLine(text);
  const first = pattern(words)?.exec(plain)?.index ?? 0;
  const from = first > BEFORE ? first - BEFORE / 2 : 0;
  const part = plain.slice(from, from + LONGEST);
  return `${from > 0 ? "…" : ""}${part}${from + LONGEST < plain.length ? "…" : ""}`;
}

function marked(text: string, words: readonly string[]): ComponentChildren {
  const found = pattern(words);
  if (!found) return text;
  return text.split(found).map((part, at) => (at % 2 ? <mark key={at}>{part}</mark> : part));
}

function pattern(words: readonly string[]): RegExp | null {
  const escaped = words.map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return escaped.length > 0 ? new RegExp(`(${escaped.join("|")})`, "giu") : null;
}
