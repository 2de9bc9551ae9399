/** Other addresses that lead to an account. */
import { api } from "@shared/api/client";
import type { Account } from "@shared/api/directory";
import { useChange } from "@shared/api/queries";
import { useAsk, useSay, useSayProblem } from "@shared/components/ask";
import { Button } from "@shared/components/Button";
import { FormDialog } from "@shared/components/Dialog";
import { TextInput } from "@shared/components/fields";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import styles from "./users.module.css";

export function Aliases({ account }: { account: Account }) {
  const { t } = useTranslation();
  const ask = useAsk();
  const say = useSay();
  const sayProblem = useSayProblem();
  const [isOpen, setOpen] = useState(false);
  const [address, setAddress] = useState("");
  const touched = ["/accounts", "/aliases", "/domains"];
  const domain = account.address.split("@").at(-1) ?? "";
  const add = useChange((alias: string) => api.post("/aliases", { address: alias, target: account.address }), touched);
  const remove = useChange(
    (alias: string) => api.delete(`/aliases/${encodeURIComponent(alias)}`, { target: account.address }),
    touched,
  );
  const take = async (alias: string) => {
    const title = t("aliases.remove_ask", { name: alias });
    if (!(await ask({ title, text: t("aliases.remove_text"), action: t("do.remove"), danger: true }))) return;
    try {
      await remove.mutateAsync(alias);
      say({ text: t("aliases.removed", { name: alias }) });
    } catch (error) {
      sayProblem(error);
    }
  };
  const close = () => {
    setOpen(false);
    setAddress("");
  };
  return (
    <>
      {account.aliases.length > 0 && (
        <ul className={styles.plainList}>
          {account.aliases.map((alias) => (
            <li key={alias}>
              {alias}
              <Button
                small
                look="quiet"
                icon="close"
                label={t("aliases.remove", { name: alias })}
                onPress={() => void take(alias)}
              />
            </li>
          ))}
        </ul>
      )}
      <div>
        <Button small icon="plus" onPress={() => setOpen(true)}>
          {t("aliases.add")}
        </Button>
      </div>
      <FormDialog
        title={t("aliases.add")}
        submit={t("do.add")}
        isOpen={isOpen}
        onClose={close}
        onSubmit={() => add.mutateAsync(address.includes("@") ? address.trim() : `${address.trim()}@${domain}`)}
        ready={address.trim() !== ""}
      >
        <TextInput
          name="address"
          label={t("aliases.address")}
          help={t("aliases.address_help", { domain })}
          value={address}
          onChange={setAddress}
          autoFocus
          maxLength={320}
        />
      </FormDialog>
    </>
  );
}
