/** The three levels, with what each means. */
import type { TlsProfile } from "@shared/api/security";
import { Fault } from "@shared/components/fields";
import fieldStyles from "@shared/components/fields.module.css";
import { Notice } from "@shared/components/states";
import { Label } from "react-aria-components/Label";
import { Radio, RadioGroup } from "react-aria-components/RadioGroup";
import { Text } from "react-aria-components/Text";
import { useTranslation } from "react-i18next";
import settingStyles from "../protocol/settings.module.css";
import type { FieldSlot } from "../protocol/slot";
import { useSettingTexts } from "../protocol/texts";
import styles from "./security.module.css";

const WRITTEN: Record<string, string> = {
  TLSv1: "TLS 1.0",
  "TLSv1.1": "TLS 1.1",
  "TLSv1.2": "TLS 1.2",
  "TLSv1.3": "TLS 1.3",
};

export function Profiles({ field, value, error, onChange, profiles }: FieldSlot & { profiles: readonly TlsProfile[] }) {
  const { t } = useTranslation();
  const { titleOf, helpOf, optionOf } = useSettingTexts();
  const chosen = profiles.find(({ name }) => name === value);
  return (
    <RadioGroup
      className={fieldStyles.field ?? ""}
      value={String(value)}
      onChange={onChange}
      isInvalid={error !== undefined}
    >
      <Label className={fieldStyles.label}>{titleOf(field)}</Label>
      <Text slot="description" className={fieldStyles.help}>
        {helpOf(field)}
      </Text>
      <div className={settingStyles.interfaces}>
        {field.options.map((name) => {
          const profile = profiles.find((one) => one.name === name);
          return (
            <Radio key={name} value={name} className={settingStyles.interface ?? ""}>
              <span className={settingStyles.radio} />
              <span>
                {optionOf(name)}
                <span className={styles.versions}>
                  {profile?.versions.map((version) => WRITTEN[version] ?? version).join(", ")}
                </span>
              </span>
            </Radio>
          );
        })}
      </div>
      {chosen?.warning && <Notice kind="warning">{chosen.warning}</Notice>}
      {chosen && chosen.missing.length > 0 && <Notice>{t("tls.missing", { list: chosen.missing.join(", ") })}</Notice>}
      {chosen && (
        <details className={styles.ciphers}>
          <summary>{t("tls.ciphers", { count: chosen.ciphers.length })}</summary>
          <code>{chosen.ciphers.join(" ")}</code>
        </details>
      )}
      <Fault>{error}</Fault>
    </RadioGroup>
  );
}
