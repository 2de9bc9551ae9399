/** Lines of a table with what each does, faults first. */
import type { ImportPreview } from "@shared/api/directory";
import { type Kind, Status } from "@shared/components/states";
import { Rows } from "@shared/components/Table";
import { useFormat } from "@shared/i18n/format";
import { useTranslation } from "react-i18next";
import styles from "./users.module.css";

type Line = ImportPreview["rows"][number];

const KINDS: Record<Line["action"], Kind> = { add: "good", change: "accent", same: "plain", error: "bad" };
const RANK: Record<Line["action"], number> = { error: 0, add: 1, change: 2, same: 3 };
const MOST = 500;

export function Preview({ outcome, done }: { outcome: ImportPreview; done?: boolean }) {
  const { t } = useTranslation();
  const format = useFormat();
  const rows = [...outcome.rows].sort((a, b) => RANK[a.action] - RANK[b.action] || a.line - b.line);
  return (
    <>
      <div className={styles.counts}>
        {(Object.keys(KINDS) as Line["action"][]).map((action) => (
          <Status key={action} kind={KINDS[action]}>
            {t(`import.${done ? "did" : "count"}.${action}`, { count: outcome.counts[action] ?? 0 })}
          </Status>
        ))}
      </div>
      <Rows
        plain
        label={t("import.preview")}
        items={rows.slice(0, MOST)}
        keyOf={(line) => String(line.line)}
        columns={[
          { name: "line", title: t("import.line"), show: (line) => format.number(line.line) },
          { name: "address", title: t("users.address"), head: true, show: (line) => line.address || "–" },
          {
            name: "action",
            title: t("import.action"),
            show: (line) => <Status kind={KINDS[line.action]}>{t(`import.action.${line.action}`)}</Status>,
          },
          { name: "what", title: t("import.what"), show: (line) => line.error || line.changes.join(", ") || "–" },
        ]}
      />
      {rows.length > MOST && <p className={styles.hint}>{t("import.more", { count: rows.length - MOST })}</p>}
    </>
  );
}
