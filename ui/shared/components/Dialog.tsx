/** Dialogs: one with anything in it, one with a form, and the drawer of narrow screens. */
import { type ReactNode, useState } from "react";
import { Dialog as AriaDialog } from "react-aria-components/Dialog";
import { Form } from "react-aria-components/Form";
import { Heading } from "react-aria-components/Heading";
import { Modal, ModalOverlay } from "react-aria-components/Modal";
import { useTranslation } from "react-i18next";
import { Problem } from "../api/problem";
import { Button } from "./Button";
import styles from "./overlay.module.css";
import { Notice } from "./states";
import { useProblemText } from "./useProblemText";

interface DialogProps {
  title: string;
  isOpen: boolean;
  onClose: () => void;
  children: ReactNode;
  wide?: boolean;
  /** Holds what was typed: a press beside it does not close it, Escape does. */
  holds?: boolean;
  /** A question that wants an answer: a press beside it does not close it. */
  alert?: boolean;
}

export function Dialog({ title, isOpen, onClose, children, wide, holds, alert }: DialogProps) {
  return (
    <ModalOverlay
      className={styles.scrim ?? ""}
      data-scrim=""
      isOpen={isOpen}
      onOpenChange={(open) => {
        if (!open) onClose();
      }}
      isDismissable={!alert && !holds}
    >
      <Modal className={`${styles.modal} ${wide ? styles.wide : ""}`}>
        <AriaDialog className={styles.dialog ?? ""} role={alert ? "alertdialog" : "dialog"}>
          <Heading slot="title" level={2}>
            {title}
          </Heading>
          {children}
        </AriaDialog>
      </Modal>
    </ModalOverlay>
  );
}

export function Actions({ children }: { children: ReactNode }) {
  return <div className={styles.actions}>{children}</div>;
}

interface FormDialogProps extends Omit<DialogProps, "alert"> {
  submit: string;
  /** Sends the form; a Problem is shown at its fields, and above what belongs to none. */
  onSubmit: () => Promise<unknown>;
  danger?: boolean;
  ready?: boolean;
}

export function FormDialog(props: FormDialogProps) {
  const { children, ...dialog } = props;
  return (
    <Dialog title={dialog.title} isOpen={dialog.isOpen} onClose={dialog.onClose} wide={dialog.wide} holds>
      <DialogForm {...props} />
    </Dialog>
  );
}

function DialogForm({ children, submit, onSubmit, onClose, danger, ready }: FormDialogProps) {
  const { t } = useTranslation();
  const say = useProblemText();
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const send = async () => {
    setBusy(true);
    setProblem(null);
    try {
      await onSubmit();
      onClose();
    } catch (error) {
      setProblem(error instanceof Problem ? error : new Problem(0));
    } finally {
      setBusy(false);
    }
  };
  return (
    <Form
      validationBehavior="aria"
      validationErrors={problem?.fields ?? {}}
      onSubmit={(event) => {
        event.preventDefault();
        void send();
      }}
    >
      {problem && <Notice kind="bad">{say(problem)}</Notice>}
      <div className={styles.body}>{children}</div>
      <Actions>
        <Button onPress={onClose}>{t("do.cancel")}</Button>
        <Button type="submit" look={danger ? "danger" : "primary"} busy={busy} disabled={ready === false}>
          {submit}
        </Button>
      </Actions>
    </Form>
  );
}

interface DrawerProps {
  label: string;
  isOpen: boolean;
  onClose: () => void;
  children: ReactNode;
}

export function Drawer({ label, isOpen, onClose, children }: DrawerProps) {
  return (
    <ModalOverlay
      className={styles.drawerScrim ?? ""}
      data-scrim=""
      isOpen={isOpen}
      onOpenChange={(open) => {
        if (!open) onClose();
      }}
      isDismissable
    >
      <Modal className={styles.drawer ?? ""}>
        <AriaDialog aria-label={label}>{children}</AriaDialog>
      </Modal>
    </ModalOverlay>
  );
}
