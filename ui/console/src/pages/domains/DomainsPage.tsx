/** Domains: those whose mail is kept here. */
import { api } from "@shared/api/client";
import type { Domain } from "@shared/api/directory";
import { useChange, useList, useListState } from "@shared/api/queries";
import { useSay } from "@shared/components/ask";
import { Button } from "@shared/components/Button";
import { FormDialog } from "@shared/components/Dialog";
import { TextInput } from "@shared/components/fields";
import { Page } from "@shared/components/Page";
import { Badge } from "@shared/components/states";
import { Table } from "@shared/components/Table";
import { useFormat } from "@shared/i18n/format";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link, useLocation } from "wouter";
import { useIsAdministrator } from "../../shell/session";

export default function DomainsPage() {
  const { t } = useTranslation();
  const format = useFormat();
  const isAdministrator = useIsAdministrator();
  const state = useListState("name");
  const domains = useList<Domain>("/domains", state);
  const [isAdding, setAdding] = useState(false);
  const add = isAdministrator && (
    <Button look="primary" icon="plus" onPress={() => setAdding(true)}>
      {t("domains.add")}
    </Button>
  );
  return (
    <Page title={t("nav.domains")} lead={t("domains.lead")} actions={add}>
      <Table
        label={t("nav.domains")}
        from={domains}
        state={state}
        search={t("domains.search")}
        keyOf={(domain) => domain.name}
        columns={[
          {
            name: "name",
            title: t("domains.name"),
            sorts: true,
            head: true,
            show: (domain) => (
              <>
                <Link href={`/domains/${encodeURIComponent(domain.name)}/members`}>{domain.name}</Link>{" "}
                {domain.is_primary && <Badge>{t("domains.primary")}</Badge>}
              </>
            ),
          },
          {
            name: "accounts",
            title: t("nav.users"),
            sorts: true,
            end: true,
            show: (domain) => format.number(domain.accounts),
          },
          { name: "groups", title: t("nav.groups"), end: true, show: (domain) => format.number(domain.groups) },
          { name: "aliases", title: t("domains.aliases"), end: true, show: (domain) => format.number(domain.aliases) },
          { name: "catch_all", title: t("domains.catch_all"), show: (domain) => domain.catch_all ?? "–" },
        ]}
        empty={{ title: t("domains.none"), text: t("domains.lead"), action: add }}
      />
      <AddDomain isOpen={isAdding} onClose={() => setAdding(false)} />
    </Page>
  );
}

function AddDomain({ isOpen, onClose }: { isOpen: boolean; onClose: () => void }) {
  const { t } = useTranslation();
  const say = useSay();
  const [, navigate] = useLocation();
  const [name, setName] = useState("");
  const add = useChange((text: string) => api.post<Domain>("/domains", { name: text }), ["/domains", "/overview"]);
  return (
    <FormDialog
      title={t("domains.add")}
      submit={t("do.add")}
      isOpen={isOpen}
      onClose={() => {
        setName("");
        onClose();
      }}
      onSubmit={async () => {
        const made = await add.mutateAsync(name.trim());
        say({ text: t("domains.added", { name: made.name }) });
        navigate(`/domains/${encodeURIComponent(made.name)}/dns`);
      }}
      ready={name.trim() !== ""}
    >
      <TextInput
        name="name"
        label={t("domains.name")}
        help={t("domains.name_help")}
        value={name}
        onChange={setName}
        autoFocus
        maxLength={255}
      />
    </FormDialog>
  );
}
