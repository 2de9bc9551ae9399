/** What a page shows while it waits, where there is nothing, where it failed; states in a word with a mark. */
import type { UseQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { ProgressBar } from "react-aria-components/ProgressBar";
import { useTranslation } from "react-i18next";
import type { Problem } from "../api/problem";
import { Button } from "./Button";
import { Icon, type IconName } from "./Icon";
import styles from "./states.module.css";
import { useProblemText } from "./useProblemText";

export type Kind = "plain" | "good" | "warning" | "bad" | "accent";
const ICONS: Record<Kind, IconName> = {
  plain: "about",
  good: "check",
  warning: "warning",
  bad: "warning",
  accent: "about",
};

export function Notice({ kind = "plain", children, title }: { kind?: Kind; children?: ReactNode; title?: string }) {
  return (
    <div className={styles.notice} data-kind={kind} role={kind === "bad" ? "alert" : undefined}>
      <Icon name={ICONS[kind]} />
      <div>
        {title && <strong>{title}</strong>}
        {title && children && <br />}
        {children}
      </div>
    </div>
  );
}

const LINES = ["one", "two", "three", "four", "five", "six", "seven", "eight"];

export function Loading({ lines = 5 }: { lines?: number }) {
  const { t } = useTranslation();
  return (
    <div className={styles.loading} role="status" aria-label={t("state.loading")}>
      {LINES.slice(0, lines).map((line) => (
        <span key={line} className={styles.bar} />
      ))}
    </div>
  );
}

export function Empty({ title, text, children }: { title: string; text?: string; children?: ReactNode }) {
  return (
    <div className={styles.empty}>
      <strong>{title}</strong>
      {text && <p>{text}</p>}
      {children}
    </div>
  );
}

/** What was read, or why it is not there yet. */
export function Read<T>({
  from,
  children,
  lines,
}: {
  from: UseQueryResult<T, Problem>;
  children: (found: T) => ReactNode;
  lines?: number;
}) {
  const { t } = useTranslation();
  const say = useProblemText();
  if (from.data !== undefined) return <>{children(from.data)}</>;
  if (from.error) {
    return (
      <div className={styles.empty} role="alert">
        <Icon name="warning" size={24} />
        <strong>{t("state.failed")}</strong>
        <p>{say(from.error)}</p>
        <Button icon="refresh" onPress={() => void from.refetch()} busy={from.isFetching}>
          {t("do.retry")}
        </Button>
      </div>
    );
  }
  return <Loading lines={lines} />;
}

export function Status({ kind, children }: { kind: Kind; children: ReactNode }) {
  return (
    <span className={styles.state} data-kind={kind}>
      <span className={styles.dot} />
      <span>{children}</span>
    </span>
  );
}

export function Badge({ children }: { children: ReactNode }) {
  return <span className={styles.badge}>{children}</span>;
}

interface ProgressProps {
  label: string;
  /** 0 to 1; null where the end is not known. */
  part: number | null;
  text?: string;
  kind?: Kind;
  quiet?: boolean;
}

export function Progress({ label, part, text, kind = "plain", quiet }: ProgressProps) {
  const percent = Math.min(100, Math.max(0, (part ?? 0) * 100));
  return (
    <ProgressBar
      className={styles.progress ?? ""}
      aria-label={label}
      value={percent}
      isIndeterminate={part === null}
      valueLabel={text}
    >
      {!quiet && (
        <span className={styles.progressText}>
          <span>{label}</span>
          <span>{text}</span>
        </span>
      )}
      <span className={styles.progressTrack}>
        <span
          className={styles.progressFill}
          data-kind={kind}
          ref={(element) => {
            element?.style.setProperty("--part", String(percent));
          }}
        />
      </span>
    </ProgressBar>
  );
}
