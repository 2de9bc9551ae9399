/** Questions before what can't be taken back, and short words after what was done. Both are asked for by a hook. */
import { createContext, type ReactNode, useCallback, useContext, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "./Button";
import { Actions, Dialog } from "./Dialog";
import { TextInput } from "./fields";
import { Icon } from "./Icon";
import styles from "./overlay.module.css";
import { useProblemText } from "./useProblemText";

export interface Question {
  title: string;
  text: ReactNode;
  /** The word on the button that does it. */
  action: string;
  danger?: boolean;
  /** A name that must be typed first. */
  typed?: string;
}

export interface Saying {
  text: string;
  details?: string[];
  kind?: "good" | "bad";
  /** A way back, such as Undo. */
  action?: { label: string; run: () => void };
}

interface Ways {
  ask: (question: Question) => Promise<boolean>;
  say: (saying: Saying) => void;
}

const Context = createContext<Ways | null>(null);
const SHOWN = 7000;
const SHOWN_WITH_ACTION = 20_000;

function useWays(): Ways {
  const ways = useContext(Context);
  if (!ways) throw new Error("outside of <Conversation>");
  return ways;
}

export function useAsk(): Ways["ask"] {
  return useWays().ask;
}

export function useSay(): Ways["say"] {
  return useWays().say;
}

/** Says a refusal of what has no field to show it at. */
export function useSayProblem(): (error: unknown) => void {
  const { say } = useWays();
  const text = useProblemText();
  return useCallback((error) => say({ kind: "bad", text: text(error) }), [say, text]);
}

type Open = Question & { answer: (yes: boolean) => void };

export function Conversation({ children }: { children: ReactNode }) {
  const { t } = useTranslation();
  const [open, setOpen] = useState<Open | null>(null);
  const [sayings, setSayings] = useState<(Saying & { id: number })[]>([]);
  const last = useRef(0);
  const drop = useCallback((id: number) => setSayings((before) => before.filter((saying) => saying.id !== id)), []);
  const ways = useMemo<Ways>(
    () => ({
      ask: (question) => new Promise((resolve) => setOpen({ ...question, answer: resolve })),
      say: (saying) => {
        last.current += 1;
        const id = last.current;
        setSayings((before) => [...before.slice(-2), { ...saying, id }]);
        setTimeout(() => drop(id), saying.action ? SHOWN_WITH_ACTION : SHOWN);
      },
    }),
    [drop],
  );
  const answer = (yes: boolean) => {
    open?.answer(yes);
    setOpen(null);
  };
  return (
    <Context.Provider value={ways}>
      {children}
      {open && <Asked question={open} answer={answer} />}
      <section className={styles.toasts} aria-label={t("notices")} aria-live="polite">
        {sayings.map((saying) => (
          <div key={saying.id} className={styles.toast} data-kind={saying.kind ?? "good"}>
            <Icon name={saying.kind === "bad" ? "warning" : "check"} />
            <div className={styles.toastText}>
              {saying.text}
              {saying.details && (
                <ul>
                  {saying.details.map((line) => (
                    <li key={line}>{line}</li>
                  ))}
                </ul>
              )}
            </div>
            {saying.action && (
              <Button
                small
                onPress={() => {
                  saying.action?.run();
                  drop(saying.id);
                }}
              >
                {saying.action.label}
              </Button>
            )}
            <Button small look="quiet" icon="close" label={t("do.close")} onPress={() => drop(saying.id)} />
          </div>
        ))}
      </section>
    </Context.Provider>
  );
}

function Asked({ question, answer }: { question: Question; answer: (yes: boolean) => void }) {
  const { t } = useTranslation();
  const [typed, setTyped] = useState("");
  const { title, text, action, danger, typed: wanted } = question;
  return (
    <Dialog title={title} isOpen alert onClose={() => answer(false)}>
      <div className={styles.body}>{text}</div>
      {wanted && <TextInput label={t("ask.type", { name: wanted })} value={typed} onChange={setTyped} autoFocus mono />}
      <Actions>
        <Button onPress={() => answer(false)} autoFocus={!wanted}>
          {t("do.cancel")}
        </Button>
        <Button
          look={danger ? "danger" : "primary"}
          disabled={wanted !== undefined && typed.trim() !== wanted}
          onPress={() => answer(true)}
        >
          {action}
        </Button>
      </Actions>
    </Dialog>
  );
}
