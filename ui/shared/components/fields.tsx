/** Fields of forms: a label, a control, help, and what is wrong with it. */
import { type ReactNode, useEffect, useRef, useState } from "react";
import { Button as AriaButton } from "react-aria-components/Button";
import { Checkbox } from "react-aria-components/Checkbox";
import { FieldError } from "react-aria-components/FieldError";
import { Input } from "react-aria-components/Input";
import { Label } from "react-aria-components/Label";
import { ListBox, ListBoxItem } from "react-aria-components/ListBox";
import { Popover } from "react-aria-components/Popover";
import { Select, SelectValue } from "react-aria-components/Select";
import { SwitchButton, SwitchField } from "react-aria-components/Switch";
import { Text } from "react-aria-components/Text";
import { TextArea } from "react-aria-components/TextArea";
import { TextField } from "react-aria-components/TextField";
import styles from "./fields.module.css";
import { Icon } from "./Icon";

const REST = 250;

export interface FieldProps {
  name?: string;
  label: string;
  help?: ReactNode;
  /** What is wrong with it, as the form knows. */
  error?: string | undefined;
  disabled?: boolean;
}

export interface TextProps extends FieldProps {
  value: string;
  onChange: (value: string) => void;
  type?: "text" | "password" | "email" | "search" | "url";
  inputMode?: "numeric" | "text";
  placeholder?: string;
  autoComplete?: string;
  required?: boolean;
  autoFocus?: boolean;
  maxLength?: number;
  /** Written with one width, for names of machines and codes. */
  mono?: boolean;
  short?: boolean;
  unit?: string;
  rows?: number;
}

/** undefined, not false, where the form itself knows nothing: then what the server refused is shown. */
const isWrong = (error: string | undefined) => (error === undefined ? undefined : true);

export function Fault({ children }: { children?: ReactNode }) {
  return <FieldError className={styles.error}>{children}</FieldError>;
}

export function TextInput(props: TextProps) {
  const { label, help, error, unit, rows, mono, short, placeholder, disabled, required, ...rest } = props;
  const look = [styles.input, mono && styles.mono, short && styles.short].filter(Boolean).join(" ");
  return (
    <TextField
      {...rest}
      className={styles.field ?? ""}
      isInvalid={isWrong(error)}
      isDisabled={disabled ?? false}
      isRequired={required ?? false}
      validationBehavior="aria"
    >
      <Label className={styles.label}>{label}</Label>
      <div className={styles.box}>
        {rows ? (
          <TextArea className={look} rows={rows} placeholder={placeholder} spellCheck={false} />
        ) : (
          <Input className={look} placeholder={placeholder} spellCheck={false} />
        )}
        {unit && <span className={styles.unit}>{unit}</span>}
      </div>
      {help && (
        <Text slot="description" className={styles.help}>
          {help}
        </Text>
      )}
      <Fault>{error}</Fault>
    </TextField>
  );
}

interface SwitchProps extends FieldProps {
  value: boolean;
  onChange: (value: boolean) => void;
}

export function Switch({ label, help, error, value, onChange, name, disabled }: SwitchProps) {
  return (
    <SwitchField
      className={styles.field ?? ""}
      name={name}
      isSelected={value}
      onChange={onChange}
      isDisabled={disabled ?? false}
      isInvalid={isWrong(error)}
    >
      <SwitchButton className={styles.switch ?? ""}>
        <span className={styles.track} />
        <span className={styles.label}>{label}</span>
      </SwitchButton>
      {help && (
        <Text slot="description" className={`${styles.help} ${styles.underSwitch}`}>
          {help}
        </Text>
      )}
      <Fault>{error}</Fault>
    </SwitchField>
  );
}

interface CheckProps {
  label: string;
  value: boolean;
  onChange: (value: boolean) => void;
  /** Some of what it stands for is chosen. */
  partly?: boolean;
  /** The label is for screen readers alone. */
  bare?: boolean;
  disabled?: boolean;
}

export function Check({ label, value, onChange, partly, bare, disabled }: CheckProps) {
  return (
    <Checkbox
      className={styles.check ?? ""}
      isSelected={value}
      isIndeterminate={partly ?? false}
      onChange={onChange}
      isDisabled={disabled ?? false}
      aria-label={bare ? label : undefined}
    >
      <span className={styles.tick}>{partly ? <span className={styles.dash} /> : <Icon name="check" size={14} />}</span>
      {!bare && <span>{label}</span>}
    </Checkbox>
  );
}

export interface Option {
  value: string;
  title: string;
}

interface ChoiceProps extends FieldProps {
  value: string;
  onChange: (value: string) => void;
  options: readonly Option[];
  short?: boolean;
  /** As wide as its words need, in a wide form. */
  narrow?: boolean;
  /** The label is for screen readers alone. */
  bare?: boolean;
}

export function Choice({
  label,
  help,
  error,
  value,
  onChange,
  options,
  name,
  short,
  narrow,
  bare,
  disabled,
}: ChoiceProps) {
  return (
    <Select
      className={styles.field ?? ""}
      name={name}
      value={value}
      onChange={(key) => onChange(String(key))}
      isInvalid={isWrong(error)}
      isDisabled={disabled ?? false}
      aria-label={bare ? label : undefined}
    >
      {!bare && <Label className={styles.label}>{label}</Label>}
      <AriaButton
        className={`${styles.input} ${styles.select} ${short ? styles.short : ""} ${narrow ? styles.narrow : ""}`}
      >
        <SelectValue>{({ selectedText }) => <>{selectedText || "–"}</>}</SelectValue>
        <Icon name="down" size={16} />
      </AriaButton>
      {help && (
        <Text slot="description" className={styles.help}>
          {help}
        </Text>
      )}
      <Fault>{error}</Fault>
      <Popover>
        <ListBox className={styles.options ?? ""}>
          {options.map((option) => (
            <ListBoxItem key={option.value} id={option.value} textValue={option.title} className={styles.option ?? ""}>
              {({ isSelected }) => (
                <>
                  <span>{option.title}</span>
                  {isSelected && <Icon name="check" size={16} />}
                </>
              )}
            </ListBoxItem>
          ))}
        </ListBox>
      </Popover>
    </Select>
  );
}

/** Search of a list: what is typed acts after a short rest. */
export function SearchBox({
  label,
  value,
  onChange,
}: {
  label: string;
  value: string;
  onChange: (text: string) => void;
}) {
  const [text, setText] = useState(value);
  const latest = useRef(onChange);
  latest.current = onChange;
  useEffect(() => setText(value), [value]);
  useEffect(() => {
    if (text === value) return undefined;
    const timer = setTimeout(() => latest.current(text.trim()), REST);
    return () => clearTimeout(timer);
  }, [text, value]);
  return (
    <div className={styles.search}>
      <Icon name="search" size={16} />
      <input
        type="search"
        className={styles.input}
        aria-label={label}
        placeholder={label}
        value={text}
        onChange={(event) => setText(event.target.value)}
        maxLength={200}
      />
    </div>
  );
}
