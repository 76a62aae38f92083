/* What stands in the list, from top to bottom: days, the "New" line, messages; which belong together. */
import { dayKey } from "../i18n/time";
import type { Line } from "../read/newLine";
import type { Stretch, Traffic } from "../store/room";
import type { Message } from "../wire/generated";

export type Row =
  | { is: "day"; key: string; at: string }
  | { is: "new"; key: string }
  | { is: "traffic"; key: string; traffic: Traffic }
  | { is: "message"; key: string; message: Message; follows: boolean };

type Authored = Pick<Message, "user" | "at">;

const TOGETHER = 5 * 60 * 1000;

export function rows({ messages, moreBefore }: Stretch, line: Line, me: number, traffic: Traffic | null = null): Row[] {
  const out: Row[] = [];
  const first = line === null ? undefined : messages.find((message) => message.seq > line && message.user !== me && !message.deleted);
  // Where older unread ones may exist above, the place of the line is not known yet.
  const marked = first === messages[0] && moreBefore ? undefined : first;
  let before: Message | undefined;
  for (const message of messages) {
    const isNewDay = !before || dayKey(before.at) !== dayKey(message.at);
    if (isNewDay) out.push({ is: "day", key: `d${message.seq}`, at: message.at });
    if (message === marked) out.push({ is: "new", key: "new" });
    const follows = !isNewDay && message !== marked && before !== undefined && together(before, message);
    out.push({ is: "message", key: `m${message.seq}`, message, follows });
    before = message;
    if (traffic?.after === message.seq && traffic.came.length + traffic.went.length > 0) out.push({ is: "traffic", key: "traffic", traffic });
  }
  return out;
}

export function together(before: Authored, message: Authored): boolean {
  return before.user === message.user && Date.parse(message.at) - Date.parse(before.at) < TOGETHER;
}

/** How many there are below that the reader has not seen. */
export function unseen(messages: readonly Message[], seen: number, me: number): number {
  return messages.filter((message) => message.seq > seen && message.user !== me && !message.deleted).length;
}
