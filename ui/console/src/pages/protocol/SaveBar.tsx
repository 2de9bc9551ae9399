/** What is not saved, and the two ways on; it comes up from below when there is something. */
import type { Field } from "@shared/api/types";
import { Button } from "@shared/components/Button";
import { useTranslation } from "react-i18next";
import type { Draft } from "./draft";
import styles from "./settings.module.css";
import { useSettingTexts } from "./texts";

interface SaveBarProps {
  fields: readonly Field[];
  draft: Draft;
  busy: boolean;
}

export function SaveBar({ fields, draft, busy }: SaveBarProps) {
  const { t } = useTranslation();
  const { titleOf } = useSettingTexts();
  const changed = fields.filter(({ path }) => path in draft.changes);
  const wrong = Object.keys(draft.errors).length;
  if (changed.length === 0) return null;
  return (
    <section className={styles.bar} aria-label={t("settings.unsaved_label")}>
      <div className={styles.barText} role="status">
        <strong>{t("settings.unsaved", { count: changed.length })}</strong>
        {wrong > 0 || draft.general !== null ? (
          <span className={styles.fault}>{draft.general ?? t("settings.wrong", { count: wrong })}</span>
        ) : (
          <span>{changed.map(titleOf).join(", ")}</span>
        )}
      </div>
      <Button onPress={draft.drop}>{t("do.discard")}</Button>
      <Button type="submit" look="primary" busy={busy} disabled={wrong > 0 || draft.general !== null}>
        {t("do.save")}
      </Button>
    </section>
  );
}
