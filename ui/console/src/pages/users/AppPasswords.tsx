/** Passwords of single mail programs: each for its protocols, shown once. */
import { api } from "@shared/api/client";
import type { Account, AppPassword } from "@shared/api/directory";
import { type List, useChange, useRead } from "@shared/api/queries";
import { useAsk, useSay, useSayProblem } from "@shared/components/ask";
import { Button } from "@shared/components/Button";
import { FormDialog } from "@shared/components/Dialog";
import { Check, TextInput } from "@shared/components/fields";
import { Once } from "@shared/components/Once";
import { Section } from "@shared/components/Page";
import { Read } from "@shared/components/states";
import { Rows, Small } from "@shared/components/Table";
import { useFormat } from "@shared/i18n/format";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import styles from "./users.module.css";

const PROTOCOLS = ["imap", "smtp", "pop3"] as const;
const NAMES: Record<string, string> = { imap: "IMAP", smtp: "SMTP", pop3: "POP3" };

export function AppPasswords({ account }: { account: Account }) {
  const { t } = useTranslation();
  const format = useFormat();
  const ask = useAsk();
  const say = useSay();
  const sayProblem = useSayProblem();
  const path = `/accounts/${account.id}/app-passwords`;
  const passwords = useRead<List<AppPassword>>(path);
  const remove = useChange((id: number) => api.delete(`${path}/${id}`), [path]);
  const [isAdding, setAdding] = useState(false);
  const take = async ({ id, name }: AppPassword) => {
    const title = t("app.remove_ask", { name });
    if (!(await ask({ title, text: t("app.remove_text"), action: t("do.remove"), danger: true }))) return;
    try {
      await remove.mutateAsync(id);
      say({ text: t("app.removed", { name }) });
    } catch (error) {
      sayProblem(error);
    }
  };
  return (
    <Section
      title={t("app.title")}
      text={t("app.text")}
      actions={
        <Button small icon="plus" onPress={() => setAdding(true)}>
          {t("do.add")}
        </Button>
      }
    >
      <Read from={passwords} lines={2}>
        {({ items }) =>
          items.length > 0 && (
            <Rows
              plain
              label={t("app.title")}
              items={items}
              keyOf={(one) => String(one.id)}
              columns={[
                {
                  name: "name",
                  title: t("app.name"),
                  head: true,
                  show: (one) => (
                    <>
                      {one.name}
                      <Small>{one.protocols.map((protocol) => NAMES[protocol] ?? protocol).join(", ")}</Small>
                    </>
                  ),
                },
                { name: "created", title: t("app.created"), show: (one) => format.day(one.created_at) },
                {
                  name: "used",
                  title: t("app.used"),
                  show: (one) => (one.last_used_at ? format.relative(one.last_used_at) : t("users.never")),
                },
              ]}
              actions={(one) => (
                <Button
                  small
                  look="quiet"
                  icon="close"
                  label={t("app.remove", { name: one.name })}
                  onPress={() => void take(one)}
                />
              )}
            />
          )
        }
      </Read>
      <AddAppPassword path={path} isOpen={isAdding} onClose={() => setAdding(false)} />
    </Section>
  );
}

function AddAppPassword({ path, isOpen, onClose }: { path: string; isOpen: boolean; onClose: () => void }) {
  const { t } = useTranslation();
  const [name, setName] = useState("");
  const [protocols, setProtocols] = useState<readonly string[]>(["imap", "smtp"]);
  const [made, setMade] = useState<string | null>(null);
  const add = useChange(() => api.post<AppPassword>(path, { name: name.trim(), protocols }), [path]);
  return (
    <>
      <FormDialog
        title={t("app.add")}
        submit={t("do.create")}
        isOpen={isOpen}
        onClose={() => {
          setName("");
          onClose();
        }}
        onSubmit={async () => setMade((await add.mutateAsync(undefined)).password ?? null)}
        ready={name.trim() !== "" && protocols.length > 0}
      >
        <TextInput
          name="name"
          label={t("app.name")}
          help={t("app.name_help")}
          value={name}
          onChange={setName}
          autoFocus
          maxLength={100}
        />
        <fieldset className={styles.scopes}>
          <legend>{t("app.protocols")}</legend>
          {PROTOCOLS.map((protocol) => (
            <Check
              key={protocol}
              label={NAMES[protocol] ?? protocol}
              value={protocols.includes(protocol)}
              onChange={(yes) =>
                setProtocols((before) => (yes ? [...before, protocol] : before.filter((one) => one !== protocol)))
              }
            />
          ))}
        </fieldset>
      </FormDialog>
      <Once title={t("app.made")} label={t("login.password")} text={made} onClose={() => setMade(null)} />
    </>
  );
}
