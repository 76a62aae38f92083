/* What an admin can do about a connection that does not come about. */
import type { Trouble } from "../../connection/diagnosis";
import { t } from "../../i18n";

export function AdminHelp({ trouble }: { trouble: Trouble }) {
  return (
    <details>
      <summary>{t("trouble.admin")}</summary>
      <p>{t(`trouble.${trouble}.admin`)}</p>
    </details>
  );
}
