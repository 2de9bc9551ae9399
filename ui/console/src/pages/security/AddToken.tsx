/** A new API token: what it is good for and how long; shown once. */
import { api } from "@shared/api/client";
import { useChange } from "@shared/api/queries";
import { SCOPES } from "@shared/api/security";
import { FormDialog } from "@shared/components/Dialog";
import { Check, Choice, TextInput } from "@shared/components/fields";
import { Once } from "@shared/components/Once";
import { useFormat } from "@shared/i18n/format";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useSession } from "../../shell/session";
import styles from "../users/users.module.css";

const DAYS = [30, 90, 365] as const;
const DAY = 86_400;

export function AddToken({ isOpen, onClose }: { isOpen: boolean; onClose: () => void }) {
  const { t } = useTranslation();
  const format = useFormat();
  const mine = useSession().scopes;
  const [name, setName] = useState("");
  const [scopes, setScopes] = useState<readonly string[]>([]);
  const [days, setDays] = useState("90");
  const [made, setMade] = useState<string | null>(null);
  const add = useChange(
    () =>
      api.post<{ token: string }>("/tokens", { name: name.trim(), scopes, days: days === "" ? null : Number(days) }),
    ["/tokens"],
  );
  const offered = SCOPES.filter((scope) => mine.length === 0 || mine.includes(scope));
  return (
    <>
      <FormDialog
        title={t("tokens.add")}
        submit={t("do.create")}
        isOpen={isOpen}
        onClose={() => {
          setName("");
          setScopes([]);
          onClose();
        }}
        onSubmit={async () => setMade((await add.mutateAsync(undefined)).token)}
        ready={name.trim() !== "" && scopes.length > 0}
      >
        <TextInput
          name="name"
          label={t("tokens.name")}
          help={t("tokens.name_help")}
          value={name}
          onChange={setName}
          autoFocus
          maxLength={100}
        />
        <fieldset className={styles.scopes}>
          <legend>{t("tokens.scopes")}</legend>
          {offered.map((scope) => (
            <Check
              key={scope}
              label={scope}
              value={scopes.includes(scope)}
              onChange={(yes) =>
                setScopes((before) => (yes ? [...before, scope] : before.filter((one) => one !== scope)))
              }
            />
          ))}
        </fieldset>
        <Choice
          label={t("tokens.good_for")}
          value={days}
          onChange={setDays}
          options={[
            ...DAYS.map((number) => ({ value: String(number), title: format.span(number * DAY) })),
            { value: "", title: t("tokens.for_ever") },
          ]}
        />
      </FormDialog>
      <Once title={t("tokens.made")} label={t("tokens.token")} text={made} onClose={() => setMade(null)} />
    </>
  );
}
