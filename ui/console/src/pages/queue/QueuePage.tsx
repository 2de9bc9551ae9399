/** Queue: recipients that wait, and what can be done to many at once. */
import { useList, useListState } from "@shared/api/queries";
import type { QueueEntry } from "@shared/api/types";
import { Button } from "@shared/components/Button";
import { Choice } from "@shared/components/fields";
import { Page } from "@shared/components/Page";
import { type Column, Small, Table } from "@shared/components/Table";
import { useFormat } from "@shared/i18n/format";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link, useSearchParams } from "wouter";
import { QueueState } from "./QueueState";
import { ACTIONS, useQueueAction } from "./useQueueAction";

const EVERY = 10_000;
const STATES = ["all", "waiting", "held"] as const;

export default function QueuePage() {
  const { t } = useTranslation();
  const list = useListState("-queued_at");
  const [params] = useSearchParams();
  const state = params.get("state") ?? "all";
  const queue = useList<QueueEntry>("/queue", list, { state }, EVERY);
  const [chosen, choose] = useState<ReadonlySet<string>>(new Set());
  const { run, busy } = useQueueAction();
  const columns = useQueueColumns();
  const total = queue.data?.total ?? 0;
  const isWholePage = chosen.size > 0 && chosen.size === queue.data?.items.length && total > chosen.size;
  const [isAll, setAll] = useState(false);
  const selected = (next: ReadonlySet<string>) => {
    setAll(false);
    choose(next);
  };
  return (
    <Page title={t("nav.queue")} lead={t("queue.lead")}>
      <Table
        label={t("nav.queue")}
        from={queue}
        state={list}
        search={t("queue.search")}
        columns={columns}
        keyOf={({ id }) => String(id)}
        selection={{ chosen, choose: selected, name: ({ recipient }) => recipient }}
        tools={
          <Choice
            bare
            label={t("queue.state")}
            value={state}
            onChange={(next) => {
              selected(new Set());
              list.set({ state: next === "all" ? "" : next });
            }}
            options={STATES.map((one) => ({ value: one, title: t(`queue.show.${one}`) }))}
          />
        }
        withChosen={
          <>
            {isWholePage && (
              <Button small look="quiet" onPress={() => setAll(!isAll)}>
                {t(isAll ? "queue.only_page" : "queue.all_found", { count: total })}
              </Button>
            )}
            {ACTIONS.map((action) => (
              <Button
                key={action}
                small
                busy={busy === action}
                onPress={async () => {
                  const meant = isAll ? { search: list.search, state } : { ids: [...chosen].map(Number) };
                  if (await run(action, meant, isAll ? total : chosen.size)) selected(new Set());
                }}
              >
                {t(`queue.${action}`)}
              </Button>
            ))}
          </>
        }
        empty={{ title: t("queue.none"), text: t("queue.none_text") }}
      />
    </Page>
  );
}

function useQueueColumns(): Column<QueueEntry>[] {
  const { t } = useTranslation();
  const format = useFormat();
  return [
    {
      name: "recipient",
      title: t("queue.recipient"),
      sorts: true,
      head: true,
      show: ({ id, recipient, sender }) => (
        <>
          <Link href={`/queue/${id}`}>{recipient}</Link>
          <Small>{sender === null ? t("queue.report") : t("queue.from", { sender })}</Small>
        </>
      ),
    },
    { name: "status", title: t("queue.state"), show: (entry) => <QueueState entry={entry} /> },
    {
      name: "next_attempt_at",
      title: t("queue.next"),
      sorts: true,
      show: ({ held, working, next_attempt_at }) =>
        held ? "–" : working ? t("queue.now") : next_attempt_at ? format.relative(next_attempt_at) : "–",
    },
    {
      name: "queued_at",
      title: t("queue.queued"),
      sorts: true,
      show: ({ queued_at }) => format.relative(queued_at),
    },
    {
      name: "attempts",
      title: t("queue.attempts"),
      sorts: true,
      end: true,
      show: ({ attempts }) => format.number(attempts),
    },
    { name: "size", title: t("queue.size"), sorts: true, end: true, show: ({ size }) => format.size(size) },
  ];
}
