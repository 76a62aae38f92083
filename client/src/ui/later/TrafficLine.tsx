/* Who came and who left, in one line. */
import { count, t } from "../../i18n";
import type { Names } from "../../store/people";
import type { Traffic } from "../../store/room";
import { displayName } from "../names";

const NAMED = 3;

export function TrafficLine({ traffic: { came, went }, names }: { traffic: Traffic; names: Names }) {
  const say = (key: "traffic.came" | "traffic.went", ids: readonly number[]) => (ids.length > 0 ? [t(key, { who: people(ids, names) })] : []);
  return <p class="traffic">{[...say("traffic.came", came), ...say("traffic.went", went)].join(" ")}</p>;
}

function people(ids: readonly number[], names: Names): string {
  const named = ids.slice(0, NAMED).map((id) => displayName(names, id));
  const left = ids.length - named.length;
  return [...named, ...(left > 0 ? [count("reactions.more", left)] : [])].join(", ");
}
