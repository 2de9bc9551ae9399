/** The frame of one step: what it is for, its fields, and the way on. */
import { Problem } from "@shared/api/problem";
import { Button } from "@shared/components/Button";
import { Section } from "@shared/components/Page";
import { Notice } from "@shared/components/states";
import { useProblemText } from "@shared/components/useProblemText";
import { type ReactNode, useState } from "react";
import { Form } from "react-aria-components/Form";
import { useTranslation } from "react-i18next";
import styles from "./setup.module.css";

interface StepFormProps {
  title: string;
  text: string;
  children: ReactNode;
  action?: string;
  ready?: boolean;
  onSubmit: () => Promise<unknown>;
}

export function StepForm({ title, text, children, action, ready, onSubmit }: StepFormProps) {
  const { t } = useTranslation();
  const say = useProblemText();
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const send = async () => {
    setBusy(true);
    setProblem(null);
    try {
      await onSubmit();
    } catch (error) {
      setProblem(error instanceof Problem ? error : new Problem(0));
    } finally {
      setBusy(false);
    }
  };
  return (
    <Section title={title} text={text}>
      <Form
        className={styles.form ?? ""}
        validationBehavior="aria"
        validationErrors={problem?.fields ?? {}}
        onSubmit={(event) => {
          event.preventDefault();
          void send();
        }}
      >
        {children}
        {problem && <Notice kind="bad">{say(problem)}</Notice>}
        <div>
          <Button type="submit" look="primary" busy={busy} disabled={ready === false}>
            {action ?? t("do.continue")}
          </Button>
        </div>
      </Form>
    </Section>
  );
}
