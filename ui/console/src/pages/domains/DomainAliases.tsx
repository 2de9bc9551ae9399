/** Addresses of a domain that lead elsewhere. */
import { api } from "@shared/api/client";
import type { Alias, Domain } from "@shared/api/directory";
import { useChange, useList, useListState } from "@shared/api/queries";
import { useAsk, useSay, useSayProblem } from "@shared/components/ask";
import { Button } from "@shared/components/Button";
import { FormDialog } from "@shared/components/Dialog";
import { TextInput } from "@shared/components/fields";
import { Table } from "@shared/components/Table";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import styles from "../users/users.module.css";

const TOUCHED = ["/aliases", "/accounts", "/domains"];

export function DomainAliases({ domain }: { domain: Domain }) {
  const { t } = useTranslation();
  const ask = useAsk();
  const say = useSay();
  const sayProblem = useSayProblem();
  const state = useListState("address");
  const aliases = useList<Alias>("/aliases", state, { domain: domain.name });
  const [isAdding, setAdding] = useState(false);
  const remove = useChange(
    ({ address, target }: { address: string; target: string }) =>
      api.delete(`/aliases/${encodeURIComponent(address)}`, { target }),
    TOUCHED,
  );
  const take = async (address: string, target: string) => {
    const title = t("aliases.remove_ask", { name: address });
    const text = t("aliases.remove_target_text", { name: address, target });
    if (!(await ask({ title, text, action: t("do.remove"), danger: true }))) return;
    try {
      await remove.mutateAsync({ address, target });
      say({ text: t("aliases.removed", { name: address }) });
    } catch (error) {
      sayProblem(error);
    }
  };
  const add = (
    <Button icon="plus" onPress={() => setAdding(true)}>
      {t("aliases.add")}
    </Button>
  );
  return (
    <>
      <Table
        label={t("domains.aliases")}
        from={aliases}
        state={state}
        search={t("aliases.search")}
        keyOf={(alias) => alias.address}
        tools={add}
        columns={[
          { name: "address", title: t("users.address"), sorts: true, head: true, show: (alias) => alias.address },
          {
            name: "targets",
            title: t("aliases.targets"),
            show: ({ address, targets }) => (
              <ul className={styles.plainList}>
                {targets.map((target) => (
                  <li key={target}>
                    {target}
                    <Button
                      small
                      look="quiet"
                      icon="close"
                      label={t("aliases.remove_target", { name: address, target })}
                      onPress={() => void take(address, target)}
                    />
                  </li>
                ))}
              </ul>
            ),
          },
        ]}
        empty={{ title: t("aliases.none"), text: t("aliases.none_text") }}
      />
      <AddAlias domain={domain.name} isOpen={isAdding} onClose={() => setAdding(false)} />
    </>
  );
}

function AddAlias({ domain, isOpen, onClose }: { domain: string; isOpen: boolean; onClose: () => void }) {
  const { t } = useTranslation();
  const say = useSay();
  const [address, setAddress] = useState("");
  const [target, setTarget] = useState("");
  const add = useChange((alias: { address: string; target: string }) => api.post("/aliases", alias), TOUCHED);
  return (
    <FormDialog
      title={t("aliases.add")}
      submit={t("do.add")}
      isOpen={isOpen}
      onClose={() => {
        setAddress("");
        setTarget("");
        onClose();
      }}
      onSubmit={async () => {
        const name = address.includes("@") ? address.trim() : `${address.trim()}@${domain}`;
        await add.mutateAsync({ address: name, target: target.trim() });
        say({ text: t("aliases.added", { name }) });
      }}
      ready={address.trim() !== "" && target.trim() !== ""}
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
      <TextInput
        name="target"
        label={t("aliases.target")}
        help={t("aliases.target_help")}
        value={target}
        onChange={setTarget}
        maxLength={320}
      />
    </FormDialog>
  );
}
