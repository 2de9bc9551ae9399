/** A size in octets, typed in the unit that people say it in. */
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Choice, type FieldProps, TextInput } from "./fields";
import styles from "./SizeInput.module.css";

const UNITS = { B: 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3, TiB: 1024 ** 4 } as const;
type Unit = keyof typeof UNITS;

interface SizeProps extends FieldProps {
  /** Octets; null where nothing is typed. NaN where it is no number. */
  value: number | null;
  onChange: (value: number | null) => void;
  placeholder?: string;
}

/** The largest unit that writes a size without a rest. */
export function unitOf(octets: number | null): Unit {
  if (!octets) return "MiB";
  const fitting = (Object.keys(UNITS) as Unit[]).reverse();
  return fitting.find((unit) => octets % UNITS[unit] === 0) ?? "B";
}

export function SizeInput({ value, onChange, label, placeholder, ...rest }: SizeProps) {
  const { t } = useTranslation();
  const [unit, setUnit] = useState<Unit>(() => unitOf(value));
  const [text, setText] = useState(() => (value === null ? "" : String(value / UNITS[unit])));
  const [known, setKnown] = useState(value);
  if (!Object.is(known, value)) {
    const next = unitOf(value);
    setKnown(value);
    setUnit(next);
    setText(value === null ? "" : String(value / UNITS[next]));
  }
  const say = (written: string, chosen: Unit) => {
    const number = written.trim() === "" ? null : Math.round(Number(written.replace(",", ".")) * UNITS[chosen]);
    setText(written);
    setUnit(chosen);
    setKnown(number);
    onChange(number);
  };
  return (
    <div className={styles.size}>
      <TextInput
        {...rest}
        label={label}
        value={text}
        onChange={(written) => say(written, unit)}
        inputMode="numeric"
        placeholder={placeholder}
      />
      <div className={styles.unit}>
        <Choice
          bare
          label={t("size.unit", { label })}
          value={unit}
          onChange={(chosen) => say(text, chosen as Unit)}
          options={Object.keys(UNITS).map((name) => ({ value: name, title: name }))}
        />
      </div>
    </div>
  );
}
