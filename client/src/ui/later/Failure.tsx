/* A message that was refused: why, and what to do about it. */
import { t } from "../../i18n";
import type { Pending } from "../../outbox/pending";
import { useChat } from "../context";

export function Failure({ item, tabIndex }: { item: Pending; tabIndex: 0 | -1 }) {
  const app = useChat();
  return (
    <p class="failure" dir="auto">
      <span>
        {t("pending.failed")} {item.detail ?? t("pending.stale")}
      </span>
      <button type="button" tabIndex={tabIndex} onClick={() => app.writing.outbox.retry(item)}>
        {t("pending.retry")}
      </button>
      <button type="button" tabIndex={tabIndex} onClick={() => app.writing.outbox.discard(item)}>
        {t("pending.discard")}
      </button>
    </p>
  );
}
