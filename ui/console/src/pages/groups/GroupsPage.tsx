/** Accounts › Groups: addresses that deliver to several members. */
import { api } from "@shared/api/client";
import type { Group } from "@shared/api/directory";
import { useChange, useList, useListState } from "@shared/api/queries";
import { useAsk, useSay, useSayProblem } from "@shared/components/ask";
import { Button } from "@shared/components/Button";
import { Menu } from "@shared/components/Menu";
import { Page } from "@shared/components/Page";
import { Small, Table } from "@shared/components/Table";
import { useFormat } from "@shared/i18n/format";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { GroupDialog } from "./GroupDialog";

export default function GroupsPage() {
  const { t } = useTranslation();
  const format = useFormat();
  const ask = useAsk();
  const say = useSay();
  const sayProblem = useSayProblem();
  const state = useListState("address");
  const groups = useList<Group>("/groups", state);
  const [edited, setEdited] = useState<number | "new" | null>(null);
  const remove = useChange((id: number) => api.delete(`/groups/${id}`), ["/groups", "/accounts", "/domains"]);
  const take = async ({ id, address }: Group) => {
    const title = t("groups.remove_ask", { name: address });
    if (!(await ask({ title, text: t("groups.remove_text"), action: t("groups.remove"), danger: true }))) return;
    try {
      await remove.mutateAsync(id);
      say({ text: t("groups.removed", { name: address }) });
    } catch (error) {
      sayProblem(error);
    }
  };
  const add = (
    <Button look="primary" icon="plus" onPress={() => setEdited("new")}>
      {t("groups.add")}
    </Button>
  );
  return (
    <Page title={t("nav.groups")} lead={t("groups.lead")} actions={add}>
      <Table
        label={t("nav.groups")}
        from={groups}
        state={state}
        search={t("groups.search")}
        keyOf={(group) => String(group.id)}
        columns={[
          {
            name: "address",
            title: t("users.address"),
            sorts: true,
            head: true,
            show: (group) => (
              <>
                {group.address}
                {group.name && <Small>{group.name}</Small>}
              </>
            ),
          },
          { name: "description", title: t("groups.description"), show: (group) => group.description || "–" },
          {
            name: "members",
            title: t("groups.members"),
            end: true,
            show: (group) => format.number(group.member_count),
          },
        ]}
        actions={(group) => {
          const label = t("table.actions_of", { name: group.address });
          return (
            <Menu
              label={label}
              parts={[
                { entries: [{ id: "edit", title: t("do.edit"), run: () => setEdited(group.id) }] },
                { entries: [{ id: "remove", title: t("groups.remove"), danger: true, run: () => void take(group) }] },
              ]}
            >
              <Button small look="quiet" icon="more" label={label} />
            </Menu>
          );
        }}
        empty={{ title: t("groups.none"), text: t("groups.lead"), action: add }}
      />
      <GroupDialog edited={edited} onClose={() => setEdited(null)} />
    </Page>
  );
}
