/*
 * Every text that a user reads comes from the one dictionary; another language is other files like these.
 * en.later.json holds the texts of the parts that are loaded when they are first wanted, and comes with them;
 * en.panel.json those of the panel in Galaxy's page.
 */
import core from "./en.json";
import type later from "./en.later.json";
import type panel from "./en.panel.json";

type Dictionary = typeof core & typeof later & typeof panel;
export type Key = keyof Dictionary;
type Plural<K> = K extends `${infer Stem}.other` ? Stem : never;
export type PluralKey = Plural<Key>;

export const LANGUAGE = "en";
const dictionary: Partial<Record<Key, string>> = { ...core };
const plurals = new Intl.PluralRules(LANGUAGE);

/** The reader's own variety of the dictionary's language, for dates and numbers. */
export const LOCALE = navigator.languages?.find((tag) => tag.startsWith(LANGUAGE)) ?? LANGUAGE;

export function learnTexts(texts: Partial<Record<Key, string>>): void {
  Object.assign(dictionary, texts);
}

export function t(key: Key, values: Record<string, string | number> = {}): string {
  return (dictionary[key] ?? key).replace(/\{(\w+)\}/g, (all: string, name: string) => String(values[name] ?? all));
}

export function count(key: PluralKey, n: number, values: Record<string, string | number> = {}): string {
  const exact = `${key}.${plurals.select(n)}` as Key;
  return t(exact in dictionary ? exact : (`${key}.other` as Key), { n, ...values });
}
