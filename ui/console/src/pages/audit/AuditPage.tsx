/** Audit log: who changed what. */
import { api } from "@shared/api/client";
import { useList, useListState } from "@shared/api/queries";
import type { AuditEntry } from "@shared/api/types";
import { DownloadButton } from "@shared/components/Button";
import { Choice } from "@shared/components/fields";
import { Page } from "@shared/components/Page";
import { Small, Table } from "@shared/components/Table";
import { useFormat } from "@shared/i18n/format";
import { useTranslation } from "react-i18next";
import { useSearchParams } from "wouter";

const DAY = 86_400;
const SPANS = [1, 7, 30, 365] as const;

export default function AuditPage() {
  const { t } = useTranslation();
  const format = useFormat();
  const state = useListState();
  const [params] = useSearchParams();
  const days = params.get("days") ?? "";
  const today = Math.ceil(Date.now() / 1000 / DAY) * DAY; // the same all day, so that it is asked once
  const meant = { search: state.search, since: days ? today - Number(days) * DAY : undefined };
  const audit = useList<AuditEntry>("/audit", state, { since: meant.since });
  return (
    <Page
      title={t("nav.audit")}
      lead={t("audit.lead")}
      actions={<DownloadButton href={api.url("/audit.csv", meant)}>{t("audit.download")}</DownloadButton>}
    >
      <Table
        label={t("nav.audit")}
        from={audit}
        state={state}
        search={t("audit.search")}
        keyOf={({ id }) => String(id)}
        tools={
          <Choice
            bare
            label={t("audit.since")}
            value={days}
            onChange={(chosen) => state.set({ days: chosen })}
            options={[
              { value: "", title: t("audit.all") },
              ...SPANS.map((span) => ({
                value: String(span),
                title: t("audit.last", { span: format.span(span * DAY) }),
              })),
            ]}
          />
        }
        columns={[
          { name: "at", title: t("audit.at"), show: ({ at }) => format.exact(at) },
          {
            name: "who",
            title: t("audit.who"),
            head: true,
            show: ({ who, address }) => (
              <>
                {who}
                {address && <Small>{address}</Small>}
              </>
            ),
          },
          { name: "what", title: t("audit.what"), show: ({ what }) => what },
          { name: "subject", title: t("audit.subject"), show: ({ subject }) => subject || "–" },
        ]}
        empty={{ title: t("audit.none") }}
      />
    </Page>
  );
}
