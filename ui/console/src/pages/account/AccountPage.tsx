/** One's own account: password, second factor, other logins. */
import { api } from "@shared/api/client";
import { useChange } from "@shared/api/queries";
import { useAsk, useSay, useSayProblem } from "@shared/components/ask";
import { Button } from "@shared/components/Button";
import { FormDialog } from "@shared/components/Dialog";
import { TextInput } from "@shared/components/fields";
import { Facts, Page, Row, Section } from "@shared/components/Page";
import { Notice } from "@shared/components/states";
import { useFormat } from "@shared/i18n/format";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useSession } from "../../shell/session";
import { SecondFactor } from "./SecondFactor";

export default function AccountPage() {
  const { t } = useTranslation();
  const format = useFormat();
  const session = useSession();
  const { account } = session;
  return (
    <Page title={t("me.account")} narrow>
      {session.must_set_second_factor && (
        <Notice kind="warning" title={t("me.must_set")}>
          {t("me.must_set_text")}
        </Notice>
      )}
      <Section>
        <Facts
          of={[
            [t("users.address"), account.address],
            [t("users.name"), account.display_name || "–"],
            [t("users.role"), t(`role.${account.role}`)],
            ...(account.domains ? ([[t("users.administers"), account.domains.join(", ")]] as const) : []),
            [t("me.until"), format.moment(session.expires_at)],
          ]}
        />
      </Section>
      <Password />
      <SecondFactor isOn={session.second_factor} />
      <OtherLogins />
    </Page>
  );
}

function Password() {
  const { t } = useTranslation();
  const say = useSay();
  const [isOpen, setOpen] = useState(false);
  const [old, setOld] = useState("");
  const [next, setNext] = useState("");
  const [again, setAgain] = useState("");
  const change = useChange(() => api.put("/session/password", { old, new: next }), []);
  return (
    <Section title={t("login.password")} text={t("me.password_text")}>
      <Row>
        <Button onPress={() => setOpen(true)}>{t("me.change_password")}</Button>
      </Row>
      <FormDialog
        title={t("me.change_password")}
        submit={t("users.set_password")}
        isOpen={isOpen}
        onClose={() => {
          setOpen(false);
          setOld("");
          setNext("");
          setAgain("");
        }}
        onSubmit={async () => {
          await change.mutateAsync(undefined);
          say({ text: t("me.password_said") });
        }}
        ready={old !== "" && next !== "" && next === again}
      >
        <TextInput
          name="old"
          type="password"
          label={t("me.old_password")}
          value={old}
          onChange={setOld}
          autoComplete="current-password"
          autoFocus
          maxLength={1024}
        />
        <TextInput
          name="new"
          type="password"
          label={t("users.new_password")}
          value={next}
          onChange={setNext}
          autoComplete="new-password"
          maxLength={1024}
        />
        <TextInput
          type="password"
          label={t("me.again")}
          value={again}
          onChange={setAgain}
          autoComplete="new-password"
          error={again !== "" && again !== next ? t("me.not_same") : undefined}
          maxLength={1024}
        />
      </FormDialog>
    </Section>
  );
}

function OtherLogins() {
  const { t } = useTranslation();
  const ask = useAsk();
  const say = useSay();
  const sayProblem = useSayProblem();
  const end = useChange(() => api.delete("/session/others"), []);
  return (
    <Section title={t("me.others")} text={t("me.others_text")}>
      <Row>
        <Button
          busy={end.isPending}
          onPress={async () => {
            const title = t("me.others_ask");
            if (!(await ask({ title, text: t("me.others_text"), action: t("me.others_do"), danger: true }))) return;
            end.mutate(undefined, { onSuccess: () => say({ text: t("me.others_said") }), onError: sayProblem });
          }}
        >
          {t("me.others_do")}
        </Button>
      </Row>
    </Section>
  );
}
