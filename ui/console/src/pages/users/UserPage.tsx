/** One account: what it is, how it logs in, which addresses it has. */
import { api } from "@shared/api/client";
import type { Account } from "@shared/api/directory";
import { useChange, useRead } from "@shared/api/queries";
import type { Role } from "@shared/api/types";
import { Button } from "@shared/components/Button";
import { EditForm } from "@shared/components/EditForm";
import { Choice, TextInput } from "@shared/components/fields";
import { Facts, Page, Section } from "@shared/components/Page";
import { SizeInput } from "@shared/components/SizeInput";
import { Read } from "@shared/components/states";
import { useFormat } from "@shared/i18n/format";
import { useTranslation } from "react-i18next";
import { useLocation } from "wouter";
import { useIsAdministrator, useSession } from "../../shell/session";
import { Aliases } from "./Aliases";
import { AppPasswords } from "./AppPasswords";
import { useDisable, useRemove } from "./actions";
import { Login } from "./Login";
import { Quota } from "./Quota";
import { useRoleOptions } from "./roles";
import { UserState } from "./UsersPage";

export default function UserPage({ id }: { id: string }) {
  const { t } = useTranslation();
  const account = useRead<Account>(`/accounts/${id}`);
  const back = { to: "/accounts/users", title: t("nav.users") };
  return (
    <Read from={account} lines={8}>
      {(found) => (
        <Page title={found.address} lead={found.display_name} back={back} actions={<Actions account={found} />} narrow>
          <Section>
            <FactsOf account={found} />
          </Section>
          <Section title={t("users.settings")}>
            <Settings account={found} />
          </Section>
          <Section title={t("users.addresses")} text={t("users.addresses_text")}>
            <Aliases account={found} />
          </Section>
          <Section title={t("users.login")}>
            <Login account={found} />
          </Section>
          <AppPasswords account={found} />
        </Page>
      )}
    </Read>
  );
}

function Actions({ account }: { account: Account }) {
  const { t } = useTranslation();
  const [, navigate] = useLocation();
  const disable = useDisable();
  const remove = useRemove();
  if (useSession().account.address === account.address) return null;
  return (
    <>
      <Button onPress={() => void disable(account)}>{t(account.disabled ? "users.enable" : "users.disable")}</Button>
      <Button
        onPress={async () => {
          if (await remove(account)) navigate("/accounts/users");
        }}
      >
        {t("users.remove")}
      </Button>
    </>
  );
}

function FactsOf({ account }: { account: Account }) {
  const { t } = useTranslation();
  const format = useFormat();
  return (
    <Facts
      of={[
        [t("users.state"), <UserState key="state" account={account} />],
        [t("users.storage"), <Quota key="quota" account={account} />],
        [t("users.last_login"), account.last_login_at ? format.moment(account.last_login_at) : t("users.never")],
        [t("users.created"), format.moment(account.created_at)],
        [t("nav.groups"), account.groups.length > 0 ? account.groups.join(", ") : t("value.none")],
      ]}
    />
  );
}

function Settings({ account }: { account: Account }) {
  const { t } = useTranslation();
  const isAdministrator = useIsAdministrator();
  const roles = useRoleOptions();
  const change = useChange(
    (changes: Record<string, unknown>) => api.patch(`/accounts/${account.id}`, changes),
    ["/accounts", "/domains"],
  );
  const { display_name, address, role, quota, sending_limit } = account;
  return (
    <EditForm
      from={{ display_name, address, role, quota, sending_limit, domains: account.domains.join("\n") }}
      saved={t("users.saved", { name: address })}
      save={({ domains, ...changes }) =>
        change.mutateAsync({
          ...changes,
          ...(domains === undefined ? {} : { domains: domains.split(/[\s,]+/).filter(Boolean) }),
        })
      }
    >
      {({ values, set, error }) => (
        <>
          <TextInput
            label={t("users.name")}
            value={values.display_name}
            onChange={(text) => set("display_name", text)}
            error={error("display_name")}
            maxLength={200}
          />
          <TextInput
            label={t("users.address")}
            help={t("users.address_help")}
            value={values.address}
            onChange={(text) => set("address", text)}
            error={error("address")}
            maxLength={320}
          />
          {isAdministrator && (
            <Choice
              label={t("users.role")}
              help={t(`role.${values.role}.help`)}
              value={values.role}
              onChange={(chosen) => set("role", chosen as Role)}
              options={roles}
              error={error("role")}
            />
          )}
          {isAdministrator && values.role === "domain-administrator" && (
            <TextInput
              label={t("users.administers")}
              help={t("settings.lines")}
              rows={3}
              value={values.domains}
              onChange={(text) => set("domains", text)}
              error={error("domains")}
            />
          )}
          <SizeInput
            label={t("users.quota")}
            help={t("users.quota_help")}
            value={values.quota}
            onChange={(octets) => set("quota", octets)}
            error={error("quota")}
          />
          {isAdministrator && (
            <TextInput
              label={t("users.sending_limit")}
              help={t("users.sending_limit_help")}
              unit={t("users.per_day")}
              short
              inputMode="numeric"
              value={String(values.sending_limit ?? "")}
              onChange={(text) => set("sending_limit", text.trim() === "" ? null : Number(text))}
              error={error("sending_limit")}
            />
          )}
        </>
      )}
    </EditForm>
  );
}
