/** How an account logs in: a new password, and the second factor for who has lost it. */
import { api } from "@shared/api/client";
import type { Account } from "@shared/api/directory";
import { useChange } from "@shared/api/queries";
import { useAsk, useSay, useSayProblem } from "@shared/components/ask";
import { Button } from "@shared/components/Button";
import { FormDialog } from "@shared/components/Dialog";
import { Facts, Row } from "@shared/components/Page";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { PasswordInput } from "./AddUser";

export function Login({ account }: { account: Account }) {
  const { t } = useTranslation();
  const ask = useAsk();
  const say = useSay();
  const sayProblem = useSayProblem();
  const [isOpen, setOpen] = useState(false);
  const [password, setPassword] = useState("");
  const name = account.address;
  const change = useChange((text: string) => api.patch(`/accounts/${account.id}`, { password: text }), ["/accounts"]);
  const reset = useChange(() => api.delete(`/accounts/${account.id}/second-factor`), ["/accounts"]);
  const resetFactor = async () => {
    const title = t("factor.reset_ask", { name });
    if (!(await ask({ title, text: t("factor.reset_text"), action: t("factor.reset"), danger: true }))) return;
    try {
      await reset.mutateAsync(undefined);
      say({ text: t("factor.reset_said", { name }) });
    } catch (error) {
      sayProblem(error);
    }
  };
  return (
    <>
      <Facts
        of={[
          [t("login.password"), t(account.has_password ? "users.password_set" : "users.password_not_set")],
          [t("factor.title"), t(account.second_factor ? "value.on" : "value.off")],
        ]}
      />
      <Row>
        <Button onPress={() => setOpen(true)}>{t("users.new_password")}</Button>
        {account.second_factor && <Button onPress={() => void resetFactor()}>{t("factor.reset")}</Button>}
      </Row>
      <FormDialog
        title={t("users.new_password_of", { name })}
        submit={t("users.set_password")}
        isOpen={isOpen}
        onClose={() => {
          setOpen(false);
          setPassword("");
        }}
        onSubmit={async () => {
          await change.mutateAsync(password);
          say({ text: t("users.password_said", { name }) });
        }}
        ready={password !== ""}
      >
        <PasswordInput value={password} onChange={setPassword} />
      </FormDialog>
    </>
  );
}
