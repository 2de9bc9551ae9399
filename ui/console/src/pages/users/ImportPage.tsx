/** Accounts from a table: what each line would do, then doing it with progress. */
import { api } from "@shared/api/client";
import type { ImportPreview } from "@shared/api/directory";
import { useJob } from "@shared/api/jobs";
import { Problem } from "@shared/api/problem";
import type { Job } from "@shared/api/types";
import { Button, LinkButton } from "@shared/components/Button";
import { Page, Row, Section } from "@shared/components/Page";
import { Notice, Progress } from "@shared/components/states";
import { useProblemText } from "@shared/components/useProblemText";
import { useFormat } from "@shared/i18n/format";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { DropZone } from "react-aria-components/DropZone";
import { FileTrigger } from "react-aria-components/FileTrigger";
import { useTranslation } from "react-i18next";
import { Preview } from "./Preview";
import styles from "./users.module.css";

interface Table {
  name: string;
  text: string;
}

const send = <T,>(table: Table, dryRun: boolean) =>
  api.send<T>("POST", "/accounts/import", {
    params: { dry_run: dryRun },
    content: { type: "text/csv", body: table.text },
  });

export default function ImportPage() {
  const { t } = useTranslation();
  const format = useFormat();
  const queries = useQueryClient();
  const say = useProblemText();
  const [table, setTable] = useState<Table | null>(null);
  const [preview, setPreview] = useState<ImportPreview | null>(null);
  const [done, setDone] = useState<ImportPreview | null>(null);
  const [jobId, setJobId] = useState<number | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [busy, setBusy] = useState(false);
  const job = useJob(jobId, (ended) => {
    if ("rows" in ended.result) setDone(ended.result as unknown as ImportPreview);
  });

  const attempt = async (work: () => Promise<void>) => {
    setBusy(true);
    setProblem(null);
    try {
      await work();
    } catch (error) {
      setProblem(error instanceof Problem ? error : new Problem(0));
    } finally {
      setBusy(false);
    }
  };
  const look = (file: File) =>
    attempt(async () => {
      setPreview(null);
      setDone(null);
      setJobId(null);
      const chosen = { name: file.name, text: await file.text() };
      setTable(chosen);
      setPreview(await send<ImportPreview>(chosen, true));
    });
  const run = () =>
    attempt(async () => {
      if (!table) return;
      const answer = await send<Job | ImportPreview>(table, false);
      setPreview(null);
      if ("kind" in answer) setJobId(answer.id);
      else {
        setDone(answer);
        await queries.invalidateQueries();
      }
    });
  const changes = (preview?.counts.add ?? 0) + (preview?.counts.change ?? 0);
  return (
    <Page title={t("import.title")} lead={t("import.lead")} back={{ to: "/accounts/users", title: t("nav.users") }}>
      <Section>
        <DropZone
          className={styles.drop ?? ""}
          getDropOperation={() => "copy"}
          onDrop={async ({ items }) => {
            const file = items.find((item) => item.kind === "file");
            if (file?.kind === "file") await look(await file.getFile());
          }}
        >
          <FileTrigger
            acceptedFileTypes={["text/csv", ".csv"]}
            onSelect={(files) => {
              const file = files?.[0];
              if (file) void look(file);
            }}
          >
            <Button icon="upload" busy={busy}>
              {t("import.choose")}
            </Button>
          </FileTrigger>
          <p>{table?.name ?? t("import.drop")}</p>
        </DropZone>
        <p className={styles.hint}>{t("import.columns")}</p>
      </Section>
      {problem && <Notice kind="bad">{say(problem)}</Notice>}
      {preview && (
        <Section title={t("import.preview")}>
          <Preview outcome={preview} />
          <Row>
            <Button look="primary" busy={busy} disabled={changes === 0} onPress={() => void run()}>
              {t("import.do", { count: changes })}
            </Button>
          </Row>
        </Section>
      )}
      {job && (
        <Section>
          <Progress
            label={job.title}
            part={job.total ? job.done / job.total : null}
            text={`${format.number(job.done)} / ${format.number(job.total)}`}
          />
          {job.state === "running" && (
            <Row>
              <Button onPress={() => void api.delete(`/jobs/${job.id}`)}>{t("do.cancel")}</Button>
            </Row>
          )}
          {job.state === "failed" && <Notice kind="bad">{job.text}</Notice>}
          {job.state === "cancelled" && <Notice kind="warning">{t("import.cancelled")}</Notice>}
        </Section>
      )}
      {(done || job?.state === "done") && (
        <Section title={t("import.done")}>
          {done && <Preview outcome={done} done />}
          <Row>
            <LinkButton to="/accounts/users">{t("import.to_users")}</LinkButton>
          </Row>
        </Section>
      )}
    </Page>
  );
}
