/* The server's times in the reader's time zone. */
import { LOCALE, t } from "./index";

const clock = new Intl.DateTimeFormat(LOCALE, { hour: "2-digit", minute: "2-digit" });
const full = new Intl.DateTimeFormat(LOCALE, { dateStyle: "full", timeStyle: "medium" });
const day = new Intl.DateTimeFormat(LOCALE, { weekday: "long", day: "numeric", month: "long" });
const dayOfYear = new Intl.DateTimeFormat(LOCALE, { day: "numeric", month: "long", year: "numeric" });

export function clockTime(at: string): string {
  return clock.format(new Date(at));
}

export function fullTime(at: string): string {
  return full.format(new Date(at));
}

/** Tells days apart as the reader counts them. */
export function dayKey(at: string): string {
  return new Date(at).toDateString();
}

export function dayName(at: string, now: Date): string {
  const date = new Date(at);
  const yesterday = new Date(now.getFullYear(), now.getMonth(), now.getDate() - 1);
  if (date.toDateString() === now.toDateString()) return t("day.today");
  if (date.toDateString() === yesterday.toDateString()) return t("day.yesterday");
  return date.getFullYear() === now.getFullYear() ? day.format(date) : dayOfYear.format(date);
}
