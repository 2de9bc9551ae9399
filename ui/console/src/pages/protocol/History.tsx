/** The versions of the settings: who changed what and when, and taking the newest back. */
import { type List, useRead } from "@shared/api/queries";
import type { SettingsVersion } from "@shared/api/types";
import { Button } from "@shared/components/Button";
import { Dialog } from "@shared/components/Dialog";
import { Empty, Read } from "@shared/components/states";
import { useFormat } from "@shared/i18n/format";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import styles from "./settings.module.css";
import { useChangeLines, useUndo } from "./useSave";

export function History() {
  const { t } = useTranslation();
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <Button onPress={() => setOpen(true)}>{t("history.open")}</Button>
      <Dialog title={t("history.title")} isOpen={isOpen} onClose={() => setOpen(false)}>
        {isOpen && <Versions onUndone={() => setOpen(false)} />}
      </Dialog>
    </>
  );
}

function Versions({ onUndone }: { onUndone: () => void }) {
  const { t } = useTranslation();
  const format = useFormat();
  const versions = useRead<List<SettingsVersion>>("/settings/history", { params: { limit: 50 } });
  const lines = useChangeLines();
  const undo = useUndo();
  return (
    <Read from={versions}>
      {({ items }) =>
        items.length === 0 ? (
          <Empty title={t("history.none")} />
        ) : (
          // biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reached by keyboard
          <ul className={styles.versions} tabIndex={0}>
            {items.map((version, index) => (
              <li key={version.version}>
                <div>
                  <span>
                    <strong>{version.changed_by}</strong> · {format.moment(version.changed_at)}
                  </span>
                  {index === 0 && (version.changed?.length ?? 0) > 0 && (
                    <Button
                      small
                      onPress={async () => {
                        await undo(version.version);
                        onUndone();
                      }}
                    >
                      {t("do.undo")}
                    </Button>
                  )}
                </div>
                {(version.changed ? lines(version.changed) : [version.summary]).map((line) => (
                  <p key={line}>{line}</p>
                ))}
              </li>
            ))}
          </ul>
        )
      }
    </Read>
  );
}
