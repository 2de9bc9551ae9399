/** Accounts › Users: all of them, found by address and name. */
import { api } from "@shared/api/client";
import type { Account, Domain } from "@shared/api/directory";
import { type List, useList, useListState, useRead } from "@shared/api/queries";
import { Button, DownloadButton, LinkButton } from "@shared/components/Button";
import { Choice } from "@shared/components/fields";
import { Page } from "@shared/components/Page";
import { Badge, Status } from "@shared/components/states";
import { type Column, Small, Table } from "@shared/components/Table";
import { useFormat } from "@shared/i18n/format";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link, useSearchParams } from "wouter";
import { AddUser } from "./AddUser";
import { Quota } from "./Quota";
import { UserMenu } from "./UserMenu";

const MOST_DOMAINS = 500;

export default function UsersPage() {
  const { t } = useTranslation();
  const state = useListState("address");
  const [params] = useSearchParams();
  const domain = params.get("domain") ?? "";
  const accounts = useList<Account>("/accounts", state, { domain });
  const domains = useRead<List<Domain>>("/domains", { params: { limit: MOST_DOMAINS } });
  const [isAdding, setAdding] = useState(false);
  const columns = useUserColumns();
  const names = (domains.data?.items ?? []).map(({ name }) => name);
  return (
    <Page
      title={t("nav.users")}
      actions={
        <>
          <DownloadButton href={api.url("/accounts.csv", { domain })}>{t("users.export")}</DownloadButton>
          <LinkButton to="/accounts/import" icon="upload">
            {t("users.import")}
          </LinkButton>
          <Button look="primary" icon="plus" onPress={() => setAdding(true)}>
            {t("users.add")}
          </Button>
        </>
      }
    >
      <Table
        label={t("nav.users")}
        from={accounts}
        state={state}
        search={t("users.search")}
        columns={columns}
        keyOf={(account) => String(account.id)}
        actions={(account) => <UserMenu account={account} />}
        tools={
          names.length > 1 && (
            <Choice
              bare
              label={t("users.of_domain")}
              value={domain}
              onChange={(chosen) => state.set({ domain: chosen })}
              options={[
                { value: "", title: t("users.all_domains") },
                ...names.map((name) => ({ value: name, title: name })),
              ]}
            />
          )
        }
        empty={{
          title: t("users.none"),
          text: t("users.none_text"),
          action: (
            <Button look="primary" icon="plus" onPress={() => setAdding(true)}>
              {t("users.add")}
            </Button>
          ),
        }}
      />
      <AddUser isOpen={isAdding} onClose={() => setAdding(false)} domains={names} domain={domain} />
    </Page>
  );
}

export function useUserColumns(): Column<Account>[] {
  const { t } = useTranslation();
  const format = useFormat();
  return [
    {
      name: "address",
      title: t("users.address"),
      sorts: true,
      head: true,
      show: (account) => (
        <>
          <Link href={`/accounts/users/${account.id}`}>{account.address}</Link>{" "}
          {account.role !== "user" && <Badge>{t(`role.${account.role}`)}</Badge>}
          {account.display_name && <Small>{account.display_name}</Small>}
        </>
      ),
    },
    { name: "quota", title: t("users.storage"), sorts: true, show: (account) => <Quota account={account} /> },
    {
      name: "last_login_at",
      title: t("users.last_login"),
      sorts: true,
      show: (account) => (account.last_login_at ? format.relative(account.last_login_at) : t("users.never")),
    },
    {
      name: "state",
      title: t("users.state"),
      show: (account) => <UserState account={account} />,
    },
  ];
}

export function UserState({ account }: { account: Account }) {
  const { t } = useTranslation();
  if (account.disabled) return <Status kind="warning">{t("users.disabled")}</Status>;
  if (!account.has_password) return <Status kind="plain">{t("users.no_password")}</Status>;
  return <Status kind="good">{t("users.active")}</Status>;
}
