/* The signs of what is loaded later. */
import { Sign } from "../icons";

const PATHS = {
  reply: "M6.5 4 2.5 8l4 4M3 8h6a4.5 4.5 0 0 1 4.5 4.5",
  smile: "M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12ZM5.5 9.5a3 3 0 0 0 5 0M6 6.3h.01M10 6.3h.01",
  edit: "m3 13 .5-3 7-7L13 5.5l-7 7ZM9 4.5 11.5 7",
  trash: "M3 4.5h10M6 4.5V3h4v1.5M4.5 4.5l.5 9h6l.5-9M7 7v4M9 7v4",
  link: "M6.5 9.5l3-3M7 4.5l1.5-1.5a2.8 2.8 0 0 1 4 4L11 8.5M9 11.5 7.5 13a2.8 2.8 0 0 1-4-4L5 7.5",
  bell: "M8 2a3.5 3.5 0 0 0-3.5 3.5c0 3.5-1.5 4.5-1.5 5.5h10c0-1-1.5-2-1.5-5.5A3.5 3.5 0 0 0 8 2ZM6.5 13.5h3",
  leave: "M7 3H3v10h4M7 8h7M11.5 5.5 14 8l-2.5 2.5",
  info: "M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12ZM8 7.3V11M8 5h.01",
  hide: "M2 8s2.2-4 6-4 6 4 6 4-2.2 4-6 4-6-4-6-4ZM3 13 13 3",
  history: "M3 4.5A6 6 0 1 1 2 8M3 2v3h3M8 5v3l2 1.5",
  workflow: "M2.5 2.5h4v4h-4ZM9.5 9.5h4v4h-4ZM6.5 4.5H9a2.5 2.5 0 0 1 2.5 2.5v2.5",
  page: "M4 2h5.5L12 4.5V14H4ZM6 7h4M6 9.5h4",
  chart: "M2.5 13.5h11M4 11V8M7 11V4M10 11V6.5M13 11V9",
  plus: "M8 3v10M3 8h10",
  enter: "M9 3h4v10H9M2 8h7M6.5 5.5 9 8l-2.5 2.5",
  person: "M8 8a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5ZM3.5 13.5c.4-2.4 2.2-3.5 4.5-3.5s4.1 1.1 4.5 3.5",
  settings: "M2.5 4.5H9M12 4.5h1.5M2.5 11.5H4M7 11.5h6.5M10.5 3v3M5.5 10v3",
} as const;

export type SignName = keyof typeof PATHS;

export function Drawn({ name }: { name: SignName }) {
  return <Sign path={PATHS[name]} />;
}
