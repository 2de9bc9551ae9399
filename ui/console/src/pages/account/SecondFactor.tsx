/** The second factor of one's own account: password, QR code, proof, recovery codes. */
import { api } from "@shared/api/client";
import { useChange } from "@shared/api/queries";
import { useSay } from "@shared/components/ask";
import { Button } from "@shared/components/Button";
import { Actions, Dialog, FormDialog } from "@shared/components/Dialog";
import { TextInput } from "@shared/components/fields";
import { Copyable, Row, Section } from "@shared/components/Page";
import { Notice, Status } from "@shared/components/states";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import styles from "./account.module.css";

interface Secret {
  secret: string;
  uri: string;
  qr_svg: string;
}

type Step = "closed" | "password" | "prove" | "remove";

export function SecondFactor({ isOn }: { isOn: boolean }) {
  const { t } = useTranslation();
  const [step, setStep] = useState<Step>("closed");
  const [secret, setSecret] = useState<Secret | null>(null);
  const [codes, setCodes] = useState<string[] | null>(null);
  return (
    <Section title={t("factor.title")} text={t("factor.text")}>
      <Status kind={isOn ? "good" : "plain"}>{t(isOn ? "factor.on" : "factor.off")}</Status>
      <Row>
        {isOn ? (
          <Button onPress={() => setStep("remove")}>{t("factor.remove")}</Button>
        ) : (
          <Button look="primary" onPress={() => setStep("password")}>
            {t("factor.set_up")}
          </Button>
        )}
      </Row>
      <Begin
        isOpen={step === "password"}
        onClose={() => setStep((now) => (now === "password" ? "closed" : now))}
        onReady={(made) => {
          setSecret(made);
          setStep("prove");
        }}
      />
      {secret && (
        <Prove secret={secret} isOpen={step === "prove"} onClose={() => setStep("closed")} onDone={setCodes} />
      )}
      <Remove isOpen={step === "remove"} onClose={() => setStep("closed")} />
      <Recovery codes={codes} onClose={() => setCodes(null)} />
    </Section>
  );
}

function Begin({
  isOpen,
  onClose,
  onReady,
}: {
  isOpen: boolean;
  onClose: () => void;
  onReady: (secret: Secret) => void;
}) {
  const { t } = useTranslation();
  const [password, setPassword] = useState("");
  const begin = useChange(() => api.post<Secret>("/session/second-factor", { password }));
  return (
    <FormDialog
      title={t("factor.set_up")}
      submit={t("do.continue")}
      isOpen={isOpen}
      onClose={() => {
        setPassword("");
        onClose();
      }}
      onSubmit={async () => onReady(await begin.mutateAsync(undefined))}
      ready={password !== ""}
    >
      <TextInput
        name="password"
        type="password"
        label={t("login.password")}
        help={t("factor.password_help")}
        value={password}
        onChange={setPassword}
        autoComplete="current-password"
        autoFocus
        maxLength={1024}
      />
    </FormDialog>
  );
}

interface ProveProps {
  secret: Secret;
  isOpen: boolean;
  onClose: () => void;
  onDone: (codes: string[]) => void;
}

function Prove({ secret, isOpen, onClose, onDone }: ProveProps) {
  const { t } = useTranslation();
  const [code, setCode] = useState("");
  const prove = useChange(
    () => api.put<{ recovery_codes: string[] }>("/session/second-factor", { code: code.replaceAll(" ", "") }),
    ["/session"],
  );
  return (
    <FormDialog
      title={t("factor.set_up")}
      submit={t("factor.turn_on")}
      isOpen={isOpen}
      onClose={() => {
        setCode("");
        onClose();
      }}
      onSubmit={async () => onDone((await prove.mutateAsync(undefined)).recovery_codes)}
      ready={code.trim() !== ""}
    >
      <p>{t("factor.scan")}</p>
      <img
        className={styles.qr}
        src={`data:image/svg+xml,${encodeURIComponent(secret.qr_svg)}`}
        alt={t("factor.qr")}
        width={200}
        height={200}
      />
      <p>{t("factor.or_type")}</p>
      <Copyable text={secret.secret} label={t("factor.secret")} />
      <TextInput
        name="code"
        label={t("login.code")}
        help={t("factor.code_help")}
        value={code}
        onChange={setCode}
        autoComplete="one-time-code"
        mono
        short
        maxLength={10}
      />
    </FormDialog>
  );
}

function Remove({ isOpen, onClose }: { isOpen: boolean; onClose: () => void }) {
  const { t } = useTranslation();
  const say = useSay();
  const [password, setPassword] = useState("");
  const [code, setCode] = useState("");
  const remove = useChange(
    () => api.delete("/session/second-factor", {}, { password, code: code.replaceAll(" ", "") }),
    ["/session"],
  );
  return (
    <FormDialog
      danger
      title={t("factor.remove")}
      submit={t("factor.remove_do")}
      isOpen={isOpen}
      onClose={() => {
        setPassword("");
        setCode("");
        onClose();
      }}
      onSubmit={async () => {
        await remove.mutateAsync(undefined);
        say({ text: t("factor.removed") });
      }}
      ready={password !== "" && code.trim() !== ""}
    >
      <TextInput
        name="password"
        type="password"
        label={t("login.password")}
        value={password}
        onChange={setPassword}
        autoComplete="current-password"
        autoFocus
        maxLength={1024}
      />
      <TextInput
        name="code"
        label={t("login.code")}
        help={t("login.code_help")}
        value={code}
        onChange={setCode}
        autoComplete="one-time-code"
        mono
        maxLength={40}
      />
    </FormDialog>
  );
}

function Recovery({ codes, onClose }: { codes: string[] | null; onClose: () => void }) {
  const { t } = useTranslation();
  return (
    <Dialog title={t("factor.recovery")} isOpen={codes !== null} onClose={onClose} alert>
      <Notice kind="warning">{t("factor.recovery_text")}</Notice>
      {codes && <Copyable text={codes.join("\n")} label={t("factor.recovery")} />}
      <Actions>
        <Button look="primary" onPress={onClose}>
          {t("do.done")}
        </Button>
      </Actions>
    </Dialog>
  );
}
