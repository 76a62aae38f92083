/* The emoji that the chat knows, in the order of their texts. */
import { type Key, t } from "../../i18n";
import texts from "../../i18n/en.later.json";
import type { Emoji } from "./amending";

type Named = Extract<keyof typeof texts, `emoji.${string}`>;
/** Fails to compile when the server's set and the texts part, in either direction. */
const named: Record<`emoji.${Emoji}`, string> = texts;
const all: (key: Named) => `emoji.${Emoji}` = (key) => key;

export const EMOJI = Object.keys(named).flatMap((key) => (key.startsWith("emoji.") ? [all(key as Named).slice(6) as Emoji] : []));

export function emojiName(emoji: string): string {
  return `emoji.${emoji}` in named ? t(`emoji.${emoji}` as Key) : emoji;
}
