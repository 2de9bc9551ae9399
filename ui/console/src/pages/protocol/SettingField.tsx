/** The control of one setting, by its type. */
import type { Field, SettingValue } from "@shared/api/types";
import { Button } from "@shared/components/Button";
import { Choice, Switch, TextInput } from "@shared/components/fields";
import { SizeInput } from "@shared/components/SizeInput";
import { Notice } from "@shared/components/states";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { isSame } from "./draft";
import styles from "./settings.module.css";
import type { FieldSlot } from "./slot";
import { useSettingTexts } from "./texts";

export function SettingField(slot: FieldSlot) {
  const { t } = useTranslation();
  const { shown, optionOf } = useSettingTexts();
  const { field, value, onChange } = slot;
  const isDefault = field.type === "secret" || isSame(value, field.default);
  const standard = field.type === "choice" ? optionOf(String(field.default)) : shown(field.default as SettingValue);
  return (
    <div className={styles.field}>
      <Control {...slot} />
      {!isDefault && (
        <div className={styles.standard}>
          {t("settings.default", { value: standard })}
          <Button small look="quiet" onPress={() => onChange(field.default)}>
            {t("settings.reset")}
          </Button>
        </div>
      )}
    </div>
  );
}

function Control({ field, value, error, onChange }: FieldSlot) {
  const { titleOf, helpOf, unitOf, optionOf } = useSettingTexts();
  const frame = { label: titleOf(field), help: helpOf(field), error };
  switch (field.type) {
    case "switch":
      return <Switch {...frame} value={value === true} onChange={onChange} />;
    case "number":
      if (field.unit === "octets") {
        return <SizeInput {...frame} value={typeof value === "number" ? value : null} onChange={onChange} />;
      }
      return <NumberText {...frame} field={field} value={value} onChange={onChange} unit={unitOf(field.unit)} />;
    case "choice":
      return (
        <Choice
          {...frame}
          narrow
          value={String(value)}
          onChange={onChange}
          options={field.options.map((option) => ({ value: option, title: optionOf(option) }))}
        />
      );
    case "list":
      return <Lines {...frame} value={Array.isArray(value) ? value : []} onChange={onChange} />;
    case "map":
      return field.keys.length > 0 ? (
        <Table field={field} {...frame} value={value} onChange={onChange} />
      ) : (
        <Pairs {...frame} value={value} onChange={onChange} />
      );
    case "secret":
      return <Secret {...frame} field={field} value={value} onChange={onChange} />;
    default:
      return <TextInput {...frame} value={String(value ?? "")} onChange={onChange} />;
  }
}

interface Frame {
  label: string;
  help: string;
  error: string | undefined;
}

type NumberProps = Frame & { field: Field; value: SettingValue; unit: string; onChange: (value: SettingValue) => void };

/** What is typed stays as typed, so that a half number is no error of the field's own making. */
export function NumberText({ field: _, value, unit, onChange, ...frame }: NumberProps) {
  return (
    <TextInput
      {...frame}
      short
      inputMode="numeric"
      unit={unit}
      value={String(value ?? "")}
      onChange={(text) => onChange(/^-?\d{1,15}$/.test(text.trim()) ? Number(text) : text)}
    />
  );
}

type LinesProps = Frame & { value: string[]; onChange: (value: SettingValue) => void };

function Lines({ value, onChange, help, ...frame }: LinesProps) {
  const { t } = useTranslation();
  const [text, setText] = useState(value.join("\n"));
  const [known, setKnown] = useState(value);
  const split = (lines: string) =>
    lines
      .split(/[\n,]+/)
      .map((line) => line.trim())
      .filter(Boolean);
  if (!isSame(known, value)) {
    setKnown(value);
    if (!isSame(split(text), value)) setText(value.join("\n"));
  }
  return (
    <TextInput
      {...frame}
      help={`${help} ${t("settings.lines")}`}
      mono
      rows={Math.min(8, Math.max(2, text.split("\n").length))}
      value={text}
      onChange={(next) => {
        setText(next);
        setKnown(split(next));
        onChange(split(next));
      }}
    />
  );
}

/** A value for each of some names, or none. */
function Table({ field, value, onChange, label, help, error }: SecretProps) {
  const { t } = useTranslation();
  const { optionOf } = useSettingTexts();
  const pairs = value && typeof value === "object" && !Array.isArray(value) ? value : {};
  return (
    <fieldset className={styles.map}>
      <legend>{label}</legend>
      <p>{help}</p>
      {error && <Notice kind="bad">{error}</Notice>}
      <div>
        {field.keys.map((name) => (
          <Choice
            key={name}
            label={t(`listener.${name}`, { defaultValue: name })}
            value={pairs[name] ?? ""}
            options={[
              { value: "", title: t("settings.as_system") },
              ...field.options.map((option) => ({ value: option, title: optionOf(option) })),
            ]}
            onChange={(chosen) => {
              const { [name]: _, ...rest } = pairs;
              onChange(chosen ? { ...rest, [name]: chosen } : rest);
            }}
          />
        ))}
      </div>
    </fieldset>
  );
}

/** Names and values, one `name = value` in each line. */
function Pairs({
  value,
  onChange,
  ...frame
}: Frame & { value: SettingValue; onChange: (value: SettingValue) => void }) {
  const pairs = value && typeof value === "object" && !Array.isArray(value) ? value : {};
  return (
    <Lines
      {...frame}
      value={Object.entries(pairs).map(([name, one]) => `${name} = ${one}`)}
      onChange={(lines) =>
        onChange(
          Object.fromEntries(
            (lines as string[]).map((line) => {
              const [name = "", ...rest] = line.split("=");
              return [name.trim(), rest.join("=").trim()];
            }),
          ),
        )
      }
    />
  );
}

type SecretProps = Frame & { field: Field; value: SettingValue; onChange: (value: SettingValue) => void };

function Secret({ field, value, onChange, ...frame }: SecretProps) {
  const { t } = useTranslation();
  const isSet = Boolean(field.value);
  const isKept = isSame(value, field.value);
  return (
    <div className={styles.secret}>
      <TextInput
        {...frame}
        type="password"
        autoComplete="new-password"
        placeholder={isSet && isKept ? t("settings.secret_set") : ""}
        value={isKept ? "" : String(value ?? "")}
        onChange={(text) => onChange(text === "" ? field.value : text)}
      />
      {isSet && isKept && (
        <Button small onPress={() => onChange("")}>
          {t("settings.secret_clear")}
        </Button>
      )}
    </div>
  );
}
