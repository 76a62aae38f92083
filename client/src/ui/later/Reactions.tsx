/* What people put to a message: a chip for each kind, with how many and who. */
import { count, t } from "../../i18n";
import type { Names } from "../../store/people";
import type { Message, Reaction } from "../../wire/generated";
import { useChat } from "../context";
import { displayName } from "../names";
import { type Emoji, react } from "./amending";
import { emojiName } from "./emoji";

interface Props {
  message: Message;
  names: Names;
  me: number;
  can: readonly string[];
  tabIndex: 0 | -1;
}

export function Reactions({ message, names, me, can, tabIndex }: Props) {
  const app = useChat();
  const disabled = !can.includes("send");
  return (
    <div class="reactions" role="group" aria-label={t("reactions.label")}>
      {message.reactions!.map((one) => {
        const mine = one.users.includes(me);
        const who = people(one, names, me);
        return (
          <button
            key={one.emoji}
            type="button"
            tabIndex={tabIndex}
            disabled={disabled}
            aria-pressed={mine}
            title={`${who}: ${emojiName(one.emoji)}`}
            onClick={() => react(app, message, one.emoji as Emoji, !mine)}
          >
            {one.emoji} <span class="count">{one.count}</span>
            <span class="sr"> {emojiName(one.emoji)}: {who}</span>
          </button>
        );
      })}
    </div>
  );
}

function people({ users, count: all }: Reaction, names: Names, me: number): string {
  const named = users.map((user) => (user === me ? t("members.you") : displayName(names, user)));
  const left = all - named.length;
  return [...named, ...(left > 0 ? [count("reactions.more", left)] : [])].join(", ");
}
