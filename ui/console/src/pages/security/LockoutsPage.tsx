/** Security › Lock-outs: who waits after wrong passwords, and letting somebody in again. */
import { api } from "@shared/api/client";
import { useChange, useList, useListState } from "@shared/api/queries";
import type { Lockout } from "@shared/api/security";
import { useSay, useSayProblem } from "@shared/components/ask";
import { Button } from "@shared/components/Button";
import { Page } from "@shared/components/Page";
import { Table } from "@shared/components/Table";
import { useFormat } from "@shared/i18n/format";
import { useTranslation } from "react-i18next";

const EVERY = 10_000;

export default function LockoutsPage() {
  const { t } = useTranslation();
  const format = useFormat();
  const say = useSay();
  const sayProblem = useSayProblem();
  const state = useListState();
  const lockouts = useList<Lockout>("/lockouts", state, {}, EVERY);
  const lift = useChange((id: string) => api.delete(`/lockouts/${encodeURIComponent(id)}`), ["/lockouts"]);
  return (
    <Page title={t("nav.lockouts")} lead={t("lockouts.lead")}>
      <Table
        label={t("nav.lockouts")}
        from={lockouts}
        state={state}
        keyOf={({ id }) => id}
        columns={[
          { name: "network", title: t("lockouts.network"), head: true, show: ({ network }) => network },
          { name: "login", title: t("lockouts.login"), show: ({ login }) => login || t("lockouts.all") },
          {
            name: "failures",
            title: t("lockouts.failures"),
            end: true,
            show: ({ failures }) => format.number(failures),
          },
          { name: "until", title: t("lockouts.until"), show: ({ until }) => format.relative(until) },
        ]}
        actions={({ id, network }) => (
          <Button
            small
            label={t("lockouts.lift_of", { name: network })}
            busy={lift.isPending && lift.variables === id}
            onPress={() =>
              lift.mutate(id, {
                onSuccess: () => say({ text: t("lockouts.lifted", { name: network }) }),
                onError: sayProblem,
              })
            }
          >
            {t("lockouts.lift")}
          </Button>
        )}
        empty={{ title: t("lockouts.none"), text: t("lockouts.none_text") }}
      />
    </Page>
  );
}
