/*
 * The life of the one connection, as a table of states: no timer, no socket, no clock in here.
 * `step` takes where the link stands and what happened, and says where it stands now and what is to be done.
 */
import { jittered, LATER, slow, SPREAD } from "./backoff";
import { comeback } from "./closing";

export type Phase = "offline" | "connecting" | "online" | "waiting" | "login" | "refused" | "reload";

export interface Link {
  phase: Phase;
  /** Closings in a row, without a steady connection between them. */
  tries: number;
  /** Closings in a row that only a reload may cure. */
  puzzled: number;
  /** Whether the last that was heard of the session is that there is none. */
  loggedOut: boolean;
  onlineSince: number | null;
  /** Whether the wait is for the network, so that news of the network ends it. */
  impatient: boolean;
  /** Over how many milliseconds a restarting server wants us to come back. */
  spread: number;
  /** The server's words on why the last connection ended, or none came about. */
  reason: string;
}

export type Happening =
  | { is: "go online" }
  | { is: "go offline" }
  | { is: "welcome"; now: number }
  | { is: "bye"; retryIn: number }
  | { is: "closed"; code: number; reason: string; now: number }
  | { is: "due" }
  | { is: "awake" };

export type Effect =
  | { do: "open" }
  | { do: "close" }
  | { do: "wait"; ms: number }
  | { do: "stop waiting" }
  /** Ask over plain HTTP what is wrong. */
  | { do: "diagnose" }
  /** Whoever sits here now may be somebody else. */
  | { do: "hide" }
  /** It is certain: what the last user left on this computer goes. */
  | { do: "forget" };

export const OFFLINE: Link = {
  phase: "offline",
  tries: 0,
  puzzled: 0,
  loggedOut: false,
  onlineSince: null,
  impatient: false,
  spread: SPREAD,
  reason: "",
};

/** A connection that lived this long was a good one: what went wrong before it is forgotten. */
const STEADY = 10_000;
const SOUND = 60_000;
const SECOND_LOOK = 1_000;
/** One failure may be chance, and a server that is away need not be asked each time. */
const DIAGNOSIS_EVERY = 4;

type Next = [Link, Effect[]];

export function step(link: Link, happening: Happening, random: () => number): Next {
  switch (happening.is) {
    case "go online":
      return link.phase === "connecting" || link.phase === "online" ? [link, []] : opening({ ...OFFLINE, loggedOut: link.loggedOut });
    case "go offline":
      return [OFFLINE, [{ do: "stop waiting" }, { do: "close" }]];
    case "welcome":
      return [{ ...link, phase: "online", onlineSince: happening.now, loggedOut: false, spread: SPREAD, reason: "" }, []];
    case "bye":
      return [{ ...link, spread: Math.max(SPREAD, happening.retryIn * 1000) }, []];
    case "due":
      return link.phase === "waiting" ? opening(link) : [link, []];
    case "awake":
      return link.phase === "login" || (link.phase === "waiting" && link.impatient) ? opening(link) : [link, []];
    case "closed":
      return link.phase === "offline" ? [link, []] : closed(afterLife(link, happening.now), happening, random);
  }
}

function opening(link: Link): Next {
  return [{ ...link, phase: "connecting" }, [{ do: "stop waiting" }, { do: "open" }]];
}

function afterLife(link: Link, now: number): Link {
  const lived = link.onlineSince === null ? 0 : now - link.onlineSince;
  return { ...link, tries: lived >= STEADY ? 0 : link.tries, puzzled: lived >= SOUND ? 0 : link.puzzled };
}

function closed(link: Link, { code, reason }: { code: number; reason: string }, random: () => number): Next {
  const neverIn = link.onlineSince === null;
  const gone: Link = { ...link, tries: link.tries + 1, onlineSince: null, impatient: false, reason };
  switch (comeback(code)) {
    case "spread":
      return waiting(gone, link.tries === 0 ? random() * link.spread : jittered(link.tries, random()));
    case "once":
      if (link.puzzled > 0) return [{ ...gone, phase: "reload" }, []];
      return waiting({ ...gone, puzzled: 1 }, jittered(0, random()));
    case "slowly":
      return waiting(gone, slow(link.tries, random()));
    case "back off":
      return waiting({ ...gone, impatient: true }, jittered(link.tries + 1, random()));
    case "later":
      return waiting(gone, LATER);
    case "log in":
      return loggedOut(gone);
    case "never":
      return [{ ...gone, phase: "refused" }, [{ do: "hide" }]];
    case "at once": {
      const [next, effects] = waiting({ ...gone, impatient: true }, link.tries === 0 ? 0 : jittered(link.tries, random()));
      const isPuzzling = neverIn && gone.tries % DIAGNOSIS_EVERY === 2;
      return [next, isPuzzling ? [...effects, { do: "diagnose" }] : effects];
    }
  }
}

function waiting(link: Link, ms: number): Next {
  return [{ ...link, phase: "waiting" }, [{ do: "wait", ms }]];
}

/** The browser may already hold the cookie of a new session, so the first time there is a second look. */
function loggedOut(link: Link): Next {
  if (link.loggedOut) return [{ ...link, phase: "login" }, [{ do: "forget" }, { do: "diagnose" }]];
  const [next, effects] = waiting({ ...link, loggedOut: true }, SECOND_LOOK);
  return [next, [{ do: "hide" }, ...effects]];
}
