/** Buttons, and links that look like them. */
import type { ReactNode } from "react";
import { Button as AriaButton, type PressEvent } from "react-aria-components/Button";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";
import styles from "./Button.module.css";
import { Icon, type IconName } from "./Icon";

export type Look = "plain" | "primary" | "danger" | "quiet";

interface Common {
  children?: ReactNode;
  look?: Look;
  small?: boolean;
  icon?: IconName;
  /** The name where only the icon is shown. */
  label?: string;
}

export interface ButtonProps extends Common {
  onPress?: (event: PressEvent) => void;
  type?: "button" | "submit";
  busy?: boolean;
  disabled?: boolean;
  autoFocus?: boolean;
  slot?: string;
  describedBy?: string;
}

function look({ look: chosen = "plain", small, icon, children }: Common): string {
  const bare = icon && !children;
  return [styles.button, chosen !== "plain" && styles[chosen], small && styles.small, bare && styles.icon]
    .filter(Boolean)
    .join(" ");
}

/** A busy one keeps the focus and does nothing when it is pressed again. */
export function Button(props: ButtonProps) {
  const { children, icon, label, busy, disabled, describedBy, small, look: _, onPress, type, ...rest } = props;
  const { t } = useTranslation();
  return (
    <AriaButton
      {...rest}
      className={look(props)}
      aria-label={label}
      aria-describedby={describedBy}
      type={busy ? "button" : (type ?? "button")}
      onPress={busy ? undefined : onPress}
      isDisabled={disabled ?? false}
    >
      {busy && <span className="visually-hidden">{t("state.busy")}</span>}
      {busy ? <span className={styles.busy} aria-hidden="true" /> : icon && <Icon name={icon} size={small ? 16 : 18} />}
      {children}
    </AriaButton>
  );
}

export function LinkButton(props: Common & { to: string }) {
  return (
    <Link href={props.to} className={look(props)} aria-label={props.label}>
      {props.icon && <Icon name={props.icon} size={props.small ? 16 : 18} />}
      {props.children}
    </Link>
  );
}

/** A download is a plain link: the browser saves what the server names. */
export function DownloadButton(props: Common & { href: string }) {
  return (
    <a href={props.href} download className={look(props)} aria-label={props.label}>
      <Icon name="download" size={props.small ? 16 : 18} />
      {props.children}
    </a>
  );
}
