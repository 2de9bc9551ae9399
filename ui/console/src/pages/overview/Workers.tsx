/** The processes that serve. */
import type { Overview } from "@shared/api/types";
import { Section } from "@shared/components/Page";
import { Rows } from "@shared/components/Table";
import { useFormat } from "@shared/i18n/format";
import { useTranslation } from "react-i18next";

interface WorkersProps {
  processes: Overview["processes"];
  startedAt: number;
  version: string;
}

export function Workers({ processes, startedAt, version }: WorkersProps) {
  const { t } = useTranslation();
  const format = useFormat();
  return (
    <Section title={t("workers.title")} text={t("workers.text", { version, when: format.relative(startedAt) })}>
      <Rows
        plain
        label={t("workers.title")}
        items={processes}
        keyOf={(worker) => String(worker.pid)}
        columns={[
          {
            name: "index",
            title: t("workers.worker"),
            head: true,
            show: (worker) =>
              worker.serves === "console"
                ? t("workers.console")
                : t("workers.number", { number: format.number(worker.index + 1) }),
          },
          { name: "pid", title: t("workers.pid"), end: true, show: (worker) => String(worker.pid) },
          { name: "since", title: t("workers.since"), show: (worker) => format.relative(worker.since) },
          {
            name: "restarts",
            title: t("workers.restarts"),
            end: true,
            show: (worker) => format.number(worker.restarts),
          },
          {
            name: "memory",
            title: t("workers.memory"),
            end: true,
            show: (worker) => (worker.memory === null ? null : format.size(worker.memory)),
          },
        ]}
      />
    </Section>
  );
}
