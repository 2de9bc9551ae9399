/** Connections: who is logged in to mail now, and ending one. */
import { api } from "@shared/api/client";
import { useChange, useList, useListState } from "@shared/api/queries";
import type { Connection } from "@shared/api/types";
import { useAsk, useSay, useSayProblem } from "@shared/components/ask";
import { Button } from "@shared/components/Button";
import { Page } from "@shared/components/Page";
import { Status } from "@shared/components/states";
import { Small, Table } from "@shared/components/Table";
import { useFormat } from "@shared/i18n/format";
import { useTranslation } from "react-i18next";

const EVERY = 5000;

export default function ConnectionsPage() {
  const { t } = useTranslation();
  const format = useFormat();
  const ask = useAsk();
  const say = useSay();
  const sayProblem = useSayProblem();
  const state = useListState("-since");
  const connections = useList<Connection>("/connections", state, {}, EVERY);
  const end = useChange((id: string) => api.delete(`/connections/${encodeURIComponent(id)}`), ["/connections"]);
  const take = async ({ id, account, address }: Connection) => {
    const name = account || address;
    const title = t("connections.end_ask", { name });
    if (!(await ask({ title, text: t("connections.end_text"), action: t("connections.end"), danger: true }))) return;
    end.mutate(id, { onSuccess: () => say({ text: t("connections.ended", { name }) }), onError: sayProblem });
  };
  return (
    <Page title={t("nav.connections")} lead={t("connections.lead")}>
      <Table
        label={t("nav.connections")}
        from={connections}
        state={state}
        search={t("connections.search")}
        keyOf={({ id }) => id}
        columns={[
          {
            name: "account",
            title: t("connections.account"),
            sorts: true,
            head: true,
            show: ({ account, client }) => (
              <>
                {account || t("connections.nobody")}
                {client && <Small>{client}</Small>}
              </>
            ),
          },
          {
            name: "protocol",
            title: t("connections.protocol"),
            sorts: true,
            show: ({ protocol }) => protocol.toUpperCase(),
          },
          { name: "address", title: t("connections.address"), sorts: true, show: ({ address }) => address },
          {
            name: "tls",
            title: "TLS",
            sorts: true,
            show: ({ tls }) => (tls ? tls : <Status kind="warning">{t("connections.clear")}</Status>),
          },
          { name: "since", title: t("connections.since"), sorts: true, show: ({ since }) => format.relative(since) },
        ]}
        actions={(connection) => (
          <Button
            small
            label={t("connections.end_of", { name: connection.account || connection.address })}
            onPress={() => void take(connection)}
          >
            {t("connections.end")}
          </Button>
        )}
        empty={{ title: t("connections.none") }}
      />
    </Page>
  );
}
