/** One domain: members, aliases, limits, keys, DNS records. */
import { api } from "@shared/api/client";
import type { Domain } from "@shared/api/directory";
import { useChange, useRead } from "@shared/api/queries";
import { useAsk, useSay, useSayProblem } from "@shared/components/ask";
import { Button } from "@shared/components/Button";
import { Page, Tabs } from "@shared/components/Page";
import { Empty, Read } from "@shared/components/states";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { useLocation } from "wouter";
import { useIsAdministrator } from "../../shell/session";
import { DomainAliases } from "./DomainAliases";
import { DomainDns } from "./DomainDns";
import { DomainKeys } from "./DomainKeys";
import { DomainSettings } from "./DomainSettings";
import { Members } from "./Members";

const TABS: Record<string, (domain: Domain) => ReactNode> = {
  members: (domain) => <Members domain={domain} />,
  aliases: (domain) => <DomainAliases domain={domain} />,
  settings: (domain) => <DomainSettings domain={domain} />,
  keys: (domain) => <DomainKeys domain={domain} />,
  dns: (domain) => <DomainDns domain={domain} />,
};

export default function DomainPage({ name, tab }: { name: string; tab: string }) {
  const { t } = useTranslation();
  const path = encodeURIComponent(name);
  const domain = useRead<Domain>(`/domains/${path}`);
  const show = TABS[tab];
  return (
    <Page
      title={name}
      back={{ to: "/domains", title: t("nav.domains") }}
      actions={domain.data && <Actions domain={domain.data} />}
    >
      <Tabs
        label={name}
        tabs={Object.keys(TABS).map((one) => ({
          to: `/domains/${path}/${one}`,
          title: t(`domain.tab.${one}`),
        }))}
      />
      <Read from={domain} lines={6}>
        {(found) => show?.(found) ?? <Empty title={t("nowhere.title")} text={t("nowhere.text")} />}
      </Read>
    </Page>
  );
}

function Actions({ domain }: { domain: Domain }) {
  const { t } = useTranslation();
  const ask = useAsk();
  const say = useSay();
  const sayProblem = useSayProblem();
  const [, navigate] = useLocation();
  const { name } = domain;
  const path = `/domains/${encodeURIComponent(name)}`;
  const remove = useChange(() => api.delete(path), ["/overview"]);
  const makePrimary = useChange(() => api.patch(path, { is_primary: true }), ["/domains"]);
  if (!useIsAdministrator() || domain.is_primary) return null;
  return (
    <>
      <Button
        onPress={async () => {
          const title = t("domain.primary_ask", { name });
          if (!(await ask({ title, text: t("domain.primary_text"), action: t("domain.make_primary") }))) return;
          makePrimary.mutate(undefined, {
            onSuccess: () => say({ text: t("domain.primary_said", { name }) }),
            onError: sayProblem,
          });
        }}
      >
        {t("domain.make_primary")}
      </Button>
      <Button
        onPress={async () => {
          const title = t("domain.remove_ask", { name });
          const text = t("domain.remove_text");
          if (!(await ask({ title, text, action: t("domain.remove"), danger: true, typed: name }))) return;
          remove.mutate(undefined, {
            onSuccess: () => {
              say({ text: t("domain.removed", { name }) });
              navigate("/domains");
            },
            onError: sayProblem,
          });
        }}
      >
        {t("domain.remove")}
      </Button>
    </>
  );
}
