/** Before a profile is saved: whose logins of the last 30 days it would refuse. */
import { api } from "@shared/api/client";
import type { Problem } from "@shared/api/problem";
import type { Refused } from "@shared/api/security";
import { Notice } from "@shared/components/states";
import { Rows, Small } from "@shared/components/Table";
import { useFormat } from "@shared/i18n/format";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import type { Changes } from "../protocol/draft";

const MOST = 50;

export function ShutOut({ changes }: { changes: Changes }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { "security.tls_profile": tls_profile, "security.tls_overrides": tls_overrides } = changes;
  const isAsked = tls_profile !== undefined || tls_overrides !== undefined;
  const refused = useQuery<Refused, Problem>({
    queryKey: ["/tls/refused", tls_profile, tls_overrides],
    queryFn: ({ signal }) => api.post<Refused>("/tls/refused", { tls_profile, tls_overrides }, { signal }),
    enabled: isAsked,
  });
  if (!isAsked || !refused.data) return null;
  const { accounts, items, total } = refused.data;
  if (total === 0) return <Notice kind="good">{t("tls.nobody")}</Notice>;
  return (
    <>
      <Notice kind="warning">{t("tls.shut_out", { count: accounts })}</Notice>
      <Rows
        label={t("tls.shut_out_label")}
        items={items.slice(0, MOST)}
        keyOf={(one) => `${one.account} ${one.listener} ${one.tls} ${one.cipher} ${one.client}`}
        columns={[
          {
            name: "account",
            title: t("connections.account"),
            head: true,
            show: (one) => (
              <>
                {one.account}
                {one.client && <Small>{one.client}</Small>}
              </>
            ),
          },
          { name: "listener", title: t("tls.listener"), show: (one) => one.listener },
          {
            name: "tls",
            title: "TLS",
            show: (one) => (
              <>
                {one.tls}
                <Small>{one.cipher}</Small>
              </>
            ),
          },
          { name: "last", title: t("users.last_login"), show: (one) => format.relative(one.last_at) },
        ]}
      />
    </>
  );
}
