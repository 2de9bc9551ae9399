/** The interface that the mail listeners bind to: one of this machine, or all. */
import { type List, useRead } from "@shared/api/queries";
import type { NetworkInterface } from "@shared/api/types";
import { Fault } from "@shared/components/fields";
import fieldStyles from "@shared/components/fields.module.css";
import { Read, Status } from "@shared/components/states";
import { Label } from "react-aria-components/Label";
import { Radio, RadioGroup } from "react-aria-components/RadioGroup";
import { Text } from "react-aria-components/Text";
import { useTranslation } from "react-i18next";
import styles from "./settings.module.css";
import type { FieldSlot } from "./slot";
import { useSettingTexts } from "./texts";

export function Interfaces({ field, value, error, onChange }: FieldSlot) {
  const { t } = useTranslation();
  const { titleOf, helpOf } = useSettingTexts();
  const interfaces = useRead<List<NetworkInterface>>("/interfaces");
  return (
    <Read from={interfaces} lines={3}>
      {({ items }) => {
        const isGone = value !== "all" && !items.some(({ name }) => name === value);
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
            <div className={styles.interfaces}>
              <One name="all" title={t("interfaces.all")} detail={t("interfaces.all_text")} />
              {items
                .filter(({ is_loopback }) => !is_loopback)
                .map(({ name, addresses, is_up }) => (
                  <One
                    key={name}
                    name={name}
                    title={name}
                    detail={addresses.join(", ") || t("interfaces.no_address")}
                    state={is_up}
                    disabled={addresses.length === 0 && value !== name}
                  />
                ))}
              {isGone && <One name={String(value)} title={String(value)} detail={t("interfaces.gone")} state={false} />}
            </div>
            <Fault>{error}</Fault>
          </RadioGroup>
        );
      }}
    </Read>
  );
}

interface OneProps {
  name: string;
  title: string;
  detail: string;
  state?: boolean;
  disabled?: boolean;
}

function One({ name, title, detail, state, disabled }: OneProps) {
  const { t } = useTranslation();
  return (
    <Radio value={name} className={styles.interface ?? ""} isDisabled={disabled ?? false}>
      <span className={styles.radio} />
      <span>
        {title}
        <small>{detail}</small>
      </span>
      {state !== undefined && (
        <Status kind={state ? "good" : "plain"}>{t(state ? "interfaces.up" : "interfaces.down")}</Status>
      )}
    </Radio>
  );
}
