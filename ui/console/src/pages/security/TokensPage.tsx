/** Security › API tokens: what programs show instead of a login. */
import { api } from "@shared/api/client";
import { useChange, useList, useListState } from "@shared/api/queries";
import type { Token } from "@shared/api/security";
import { useAsk, useSay, useSayProblem } from "@shared/components/ask";
import { Button } from "@shared/components/Button";
import { Page } from "@shared/components/Page";
import { Small, Table } from "@shared/components/Table";
import { useFormat } from "@shared/i18n/format";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { AddToken } from "./AddToken";

export default function TokensPage() {
  const { t } = useTranslation();
  const format = useFormat();
  const ask = useAsk();
  const say = useSay();
  const sayProblem = useSayProblem();
  const state = useListState();
  const tokens = useList<Token>("/tokens", state);
  const remove = useChange((id: number) => api.delete(`/tokens/${id}`), ["/tokens"]);
  const [isAdding, setAdding] = useState(false);
  const take = async ({ id, name }: Token) => {
    const title = t("tokens.remove_ask", { name });
    if (!(await ask({ title, text: t("tokens.remove_text"), action: t("do.remove"), danger: true }))) return;
    remove.mutate(id, { onSuccess: () => say({ text: t("tokens.removed", { name }) }), onError: sayProblem });
  };
  const add = (
    <Button look="primary" icon="plus" onPress={() => setAdding(true)}>
      {t("tokens.add")}
    </Button>
  );
  return (
    <Page title={t("nav.tokens")} lead={t("tokens.lead")} actions={add}>
      <Table
        label={t("nav.tokens")}
        from={tokens}
        state={state}
        keyOf={({ id }) => String(id)}
        columns={[
          {
            name: "name",
            title: t("tokens.name"),
            head: true,
            show: ({ name, account }) => (
              <>
                {name}
                <Small>{account}</Small>
              </>
            ),
          },
          { name: "scopes", title: t("tokens.scopes"), show: ({ scopes }) => scopes.join(", ") },
          {
            name: "expires",
            title: t("tokens.expires"),
            show: ({ expires_at }) => (expires_at ? format.day(expires_at) : t("tokens.never")),
          },
          {
            name: "used",
            title: t("app.used"),
            show: ({ used_at }) => (used_at ? format.relative(used_at) : t("users.never")),
          },
        ]}
        actions={(token) => (
          <Button
            small
            look="quiet"
            icon="close"
            label={t("app.remove", { name: token.name })}
            onPress={() => void take(token)}
          />
        )}
        empty={{ title: t("tokens.none"), text: t("tokens.lead"), action: add }}
      />
      <AddToken isOpen={isAdding} onClose={() => setAdding(false)} />
    </Page>
  );
}
