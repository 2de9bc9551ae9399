/** The accounts of a domain. */
import type { Account, Domain } from "@shared/api/directory";
import { useList, useListState } from "@shared/api/queries";
import { Button } from "@shared/components/Button";
import { Table } from "@shared/components/Table";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { AddUser } from "../users/AddUser";
import { UserMenu } from "../users/UserMenu";
import { useUserColumns } from "../users/UsersPage";

export function Members({ domain }: { domain: Domain }) {
  const { t } = useTranslation();
  const state = useListState("address");
  const accounts = useList<Account>("/accounts", state, { domain: domain.name });
  const columns = useUserColumns();
  const [isAdding, setAdding] = useState(false);
  const add = (
    <Button icon="plus" onPress={() => setAdding(true)}>
      {t("users.add")}
    </Button>
  );
  return (
    <>
      <Table
        label={t("domain.tab.members")}
        from={accounts}
        state={state}
        search={t("users.search")}
        columns={columns}
        keyOf={(account) => String(account.id)}
        actions={(account) => <UserMenu account={account} />}
        tools={add}
        empty={{ title: t("users.none"), text: t("users.none_text") }}
      />
      <AddUser isOpen={isAdding} onClose={() => setAdding(false)} domains={[domain.name]} domain={domain.name} />
    </>
  );
}
