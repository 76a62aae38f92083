/* Where a list stands, and how it is kept there while its contents change around the reader. */

/** So near the bottom counts as at the bottom. */
const BOTTOM = 30;

export interface Anchor {
  key: string;
  offset: number;
}

export function isAtBottom(box: HTMLElement): boolean {
  return box.scrollHeight - box.scrollTop - box.clientHeight <= BOTTOM;
}

export function toBottom(box: HTMLElement): void {
  box.scrollTop = box.scrollHeight;
}

function rowsOf(box: HTMLElement): HTMLElement[] {
  return [...box.querySelectorAll<HTMLElement>("[data-key]")];
}

export function rowOf(box: HTMLElement, key: string): HTMLElement | undefined {
  return rowsOf(box).find((row) => row.dataset["key"] === key);
}

/** The first message on the screen, and how far from the top it ends: its author's name may go when older ones come. */
export function anchor(box: HTMLElement): Anchor | null {
  const top = box.getBoundingClientRect().top;
  const first = rowsOf(box).find((row) => row.dataset["seq"] && row.getBoundingClientRect().bottom > top);
  return first ? { key: first.dataset["key"]!, offset: first.getBoundingClientRect().bottom - top } : null;
}

export function restore(box: HTMLElement, { key, offset }: Anchor): void {
  const row = rowOf(box, key);
  if (row) box.scrollTop += row.getBoundingClientRect().bottom - box.getBoundingClientRect().top - offset;
}

/** The newest message whose end is on the screen or above it. */
export function newestSeen(box: HTMLElement): number {
  const bottom = box.getBoundingClientRect().bottom + BOTTOM;
  const seen = rowsOf(box).findLast((row) => row.dataset["seq"] && row.getBoundingClientRect().bottom <= bottom);
  return Number(seen?.dataset["seq"] ?? 0);
}

export function toRow(box: HTMLElement, row: HTMLElement, share: number): void {
  box.scrollTop += row.getBoundingClientRect().top - box.getBoundingClientRect().top - box.clientHeight * share;
}
