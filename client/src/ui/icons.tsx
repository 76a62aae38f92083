/* The few signs that are used, drawn as strokes in the colour of the text around them. */

const PATHS = {
  back: "M10 3 5 8l5 5",
  people: "M6 8a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5ZM1.5 13.5c.4-2.4 2.2-3.5 4.5-3.5s4.1 1.1 4.5 3.5M10.5 3.3a2.5 2.5 0 0 1 0 4.4M12.3 10.4c1.3.5 2 1.6 2.2 3.1",
  close: "m4 4 8 8M12 4l-8 8",
  send: "M2.5 8 14 2.5 10.5 14 8 9Z M8 9l6-6.5",
  down: "M8 3v9M4 8.5 8 12.5l4-4",
  muted: "M8 2a3.5 3.5 0 0 0-3.5 3.5c0 3.5-1.5 4.5-1.5 5.5h10c0-1-1.5-2-1.5-5.5A3.5 3.5 0 0 0 8 2ZM6.5 13.5h3M2 2l12 12",
  search: "M7 11.5a4.5 4.5 0 1 0 0-9 4.5 4.5 0 0 0 0 9ZM10.5 10.5 14 14",
  dots: "M8 3v.5M8 7.75v.5M8 12.5v.5",
  lock: "M4 7.5h8v6H4ZM5.5 7.5v-2a2.5 2.5 0 0 1 5 0v2",
  pin: "M6 2.5h4l-.5 4 2 2.5h-7l2-2.5ZM8 9v4.5",
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name }: { name: IconName }) {
  return <Sign path={PATHS[name]} />;
}

export function Sign({ path }: { path: string }) {
  return (
    <svg class="icon" viewBox="0 0 16 16" aria-hidden="true" focusable="false">
      <path d={path} />
    </svg>
  );
}
