/** Backup: those that are there, and making one. */
import { api } from "@shared/api/client";
import { useJob } from "@shared/api/jobs";
import { type List, useChange, useList, useListState, useRead } from "@shared/api/queries";
import type { Backup, Job } from "@shared/api/types";
import { useAsk, useSay, useSayProblem } from "@shared/components/ask";
import { Button, DownloadButton } from "@shared/components/Button";
import { Page, Row, Section } from "@shared/components/Page";
import { Notice, Progress } from "@shared/components/states";
import { Table } from "@shared/components/Table";
import { useFormat } from "@shared/i18n/format";
import { useState } from "react";
import { useTranslation } from "react-i18next";

export default function BackupPage() {
  const { t } = useTranslation();
  const format = useFormat();
  const ask = useAsk();
  const say = useSay();
  const sayProblem = useSayProblem();
  const state = useListState();
  const backups = useList<Backup>("/backups", state);
  const jobs = useRead<List<Job>>("/jobs");
  const [started, setStarted] = useState<number | null>(null);
  const running = jobs.data?.items.find((one) => one.kind === "backup" && one.state === "running");
  const job = useJob(started ?? running?.id ?? null, (ended) => {
    if (ended.state === "done") say({ text: t("backup.made") });
  });
  const make = useChange(() => api.post<Job>("/backups"), ["/jobs"]);
  const remove = useChange((name: string) => api.delete(`/backups/${encodeURIComponent(name)}`), ["/backups"]);
  const take = async (name: string) => {
    const title = t("backup.remove_ask", { name });
    if (!(await ask({ title, text: t("backup.remove_text"), action: t("do.remove"), danger: true }))) return;
    remove.mutate(name, { onSuccess: () => say({ text: t("backup.removed", { name }) }), onError: sayProblem });
  };
  const isRunning = job?.state === "running";
  const add = (
    <Button
      look="primary"
      busy={make.isPending}
      disabled={isRunning}
      onPress={() => make.mutate(undefined, { onSuccess: ({ id }) => setStarted(id), onError: sayProblem })}
    >
      {t("backup.make")}
    </Button>
  );
  return (
    <Page title={t("nav.backup")} lead={t("backup.lead")} actions={add}>
      {job && isRunning && (
        <Section>
          <Progress
            label={t("backup.running")}
            part={job.total ? job.done / job.total : null}
            text={job.total ? format.percent(job.done / job.total) : job.text}
          />
          <Row>
            <Button onPress={() => void api.delete(`/jobs/${job.id}`).catch(sayProblem)}>{t("do.cancel")}</Button>
          </Row>
        </Section>
      )}
      {job?.state === "failed" && <Notice kind="bad">{job.text}</Notice>}
      <Table
        label={t("nav.backup")}
        from={backups}
        state={state}
        keyOf={({ name }) => name}
        columns={[
          { name: "name", title: t("backup.name"), head: true, show: ({ name }) => name },
          { name: "made_at", title: t("backup.made_at"), show: ({ made_at }) => format.moment(made_at) },
          { name: "size", title: t("queue.size"), end: true, show: ({ size }) => format.size(size) },
        ]}
        actions={({ name }) => (
          <Row>
            <DownloadButton
              small
              look="quiet"
              label={t("backup.download", { name })}
              href={api.url(`/backups/${encodeURIComponent(name)}`)}
            />
            <Button small look="quiet" icon="close" label={t("app.remove", { name })} onPress={() => void take(name)} />
          </Row>
        )}
        empty={{ title: t("backup.none"), text: t("backup.lead"), action: add }}
      />
    </Page>
  );
}
