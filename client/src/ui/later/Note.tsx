/* Below the field: how to send, how much is left, what was cut. */
import { LONGEST } from "../../drafts/drafts";
import { count, t } from "../../i18n";

interface Props {
  left: number;
  cut: boolean;
  limit: number;
  /** Whether something is being written. */
  hint: boolean;
}

/** From this share of the limit on it is said how much is left. */
const NEARLY = 0.9;

export function Note({ left, cut, limit, hint }: Props) {
  const isNear = left < limit * (1 - NEARLY);
  return (
    <>
      <span id="composer-note" role="status">
        {cut && `${t("composer.cut", { n: LONGEST })} `}
        {isNear && (left < 0 ? count("composer.over", -left) : count("composer.left", left))}
      </span>
      {hint && !cut && !isNear && <span class="hint">{t("composer.hint")}</span>}
    </>
  );
}
