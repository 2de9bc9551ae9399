/** A form that changes a thing that is there: what differs is sent as a whole, faults are shown at their fields. */
import { type ReactNode, useState } from "react";
import { useTranslation } from "react-i18next";
import { Problem } from "../api/problem";
import { useSay } from "./ask";
import { Button } from "./Button";
import styles from "./EditForm.module.css";
import { useUnsaved } from "./guard";
import { Notice } from "./states";
import { useProblemText } from "./useProblemText";

export interface Editing<T> {
  values: T;
  set: <K extends keyof T>(name: K, value: T[K]) => void;
  error: (name: keyof T) => string | undefined;
}

interface EditFormProps<T extends object> {
  /** What is there now; a new one is taken over where nothing was typed. */
  from: T;
  /** Sends what differs. */
  save: (changes: Partial<T>) => Promise<unknown>;
  saved: string;
  children: (editing: Editing<T>) => ReactNode;
}

const isSame = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);

export function EditForm<T extends object>({ from, save, saved, children }: EditFormProps<T>) {
  const { t } = useTranslation();
  const say = useSay();
  const text = useProblemText();
  const [typed, setTyped] = useState<Partial<T>>({});
  const [problem, setProblem] = useState<Problem | null>(null);
  const [busy, setBusy] = useState(false);
  const changes = Object.fromEntries(
    Object.entries(typed).filter(([name, value]) => !isSame(value, from[name as keyof T])),
  ) as Partial<T>;
  const isChanged = Object.keys(changes).length > 0;
  useUnsaved(isChanged);
  const editing: Editing<T> = {
    values: { ...from, ...typed },
    set: (name, value) => {
      setProblem(null);
      setTyped((before) => ({ ...before, [name]: value }));
    },
    error: (name) => problem?.fields[String(name)],
  };
  const send = async () => {
    setBusy(true);
    setProblem(null);
    try {
      await save(changes);
      setTyped({});
      say({ text: saved });
    } catch (error) {
      setProblem(error instanceof Problem ? error : new Problem(0));
    } finally {
      setBusy(false);
    }
  };
  const isElsewhere = problem !== null && !Object.keys(problem.fields).some((name) => name in from);
  return (
    <form
      className={styles.form}
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        if (isChanged) void send();
      }}
    >
      {children(editing)}
      {problem && isElsewhere && <Notice kind="bad">{text(problem)}</Notice>}
      {isChanged && (
        <div className={styles.actions}>
          <Button
            onPress={() => {
              setTyped({});
              setProblem(null);
            }}
          >
            {t("do.discard")}
          </Button>
          <Button type="submit" look="primary" busy={busy}>
            {t("do.save")}
          </Button>
        </div>
      )}
    </form>
  );
}
