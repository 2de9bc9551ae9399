/** Doors: each a switch and a port, in one line. */
import { Switch, TextInput } from "@shared/components/fields";
import { useTranslation } from "react-i18next";
import styles from "./settings.module.css";
import type { FieldSlot } from "./slot";
import { useSettingTexts } from "./texts";

export function Doors({ doors }: { doors: readonly FieldSlot[][] }) {
  return (
    <div className={styles.doors}>
      {doors.map((door) => (
        <Door key={door[0]?.field.group} slots={door} />
      ))}
    </div>
  );
}

function Door({ slots }: { slots: readonly FieldSlot[] }) {
  const { t } = useTranslation();
  const { titleOf, helpOf } = useSettingTexts();
  const enabled = slots.find(({ field }) => field.path.endsWith(".enabled"));
  const port = slots.find(({ field }) => field.path.endsWith(".port"));
  const name = enabled ? titleOf({ path: enabled.field.path, title: doorTitle(enabled) }) : "";
  return (
    <div className={styles.door}>
      {enabled && (
        <Switch
          label={name}
          help={helpOf(enabled.field)}
          error={enabled.error}
          value={enabled.value === true}
          onChange={enabled.onChange}
        />
      )}
      {port && (
        <TextInput
          label={t("settings.port")}
          short
          inputMode="numeric"
          error={port.error}
          value={String(port.value ?? "")}
          onChange={(text) => port.onChange(/^-?\d{1,15}$/.test(text.trim()) ? Number(text) : text)}
        />
      )}
    </div>
  );
}

/** The server says "Enable SMTP: Enabled"; beside the switch the first half is enough. */
function doorTitle({ field }: FieldSlot): string {
  return field.group_title || field.title.replace(/: [^:]+$/, "");
}
