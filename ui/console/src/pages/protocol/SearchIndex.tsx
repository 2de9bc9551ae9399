/** The full-text index: how far it is, of all accounts and of each, and having it made anew. */
import { api } from "@shared/api/client";
import { useChange, useList, useListState, useRead } from "@shared/api/queries";
import type { AccountIndex, SearchIndex as Index } from "@shared/api/types";
import { useAsk, useSay, useSayProblem } from "@shared/components/ask";
import { Button } from "@shared/components/Button";
import { Row, Section } from "@shared/components/Page";
import { type Kind, Notice, Progress, Read, Status } from "@shared/components/states";
import { Table } from "@shared/components/Table";
import { useFormat } from "@shared/i18n/format";
import { useTranslation } from "react-i18next";
import type { Changes } from "./draft";
import styles from "./settings.module.css";

const EVERY = 2000;
const KINDS: Record<Index["state"], Kind> = { off: "plain", paused: "warning", indexing: "accent", up_to_date: "good" };

function useRebuild() {
  const { t } = useTranslation();
  const ask = useAsk();
  const say = useSay();
  const sayProblem = useSayProblem();
  const rebuild = useChange(
    (account_id: number | null) => api.post("/search-index/rebuild", { account_id }),
    ["/search-index"],
  );
  return async (one?: AccountIndex) => {
    const title = one ? t("index.rebuild_ask", { name: one.address }) : t("index.rebuild_all_ask");
    if (!(await ask({ title, text: t("index.rebuild_text"), action: t("index.rebuild") }))) return;
    rebuild.mutate(one?.account_id ?? null, {
      onSuccess: () => say({ text: t("index.rebuild_said") }),
      onError: sayProblem,
    });
  };
}

function usePause() {
  const { t } = useTranslation();
  const say = useSay();
  const sayProblem = useSayProblem();
  const change = useChange(
    (pause: boolean) => api.post(`/search-index/${pause ? "pause" : "resume"}`),
    ["/search-index", "/settings"],
  );
  return {
    busy: change.isPending,
    run: (pause: boolean) =>
      change.mutate(pause, {
        onSuccess: () => say({ text: t(pause ? "index.paused_said" : "index.resumed_said") }),
        onError: sayProblem,
      }),
  };
}

/** What changes of the two switches would do, said before they are saved. */
export function IndexOutlook({ changes }: { changes: Changes }) {
  const { t } = useTranslation();
  if (changes["search.enabled"] === false) return <Notice kind="warning">{t("index.off")}</Notice>;
  if (!("search.enabled" in changes || "search.cjk_characters" in changes)) return null;
  return <Notice kind="plain">{t("index.again")}</Notice>;
}

export function SearchIndex() {
  const { t } = useTranslation();
  const format = useFormat();
  const index = useRead<Index>("/search-index", { every: EVERY });
  const state = useListState();
  const accounts = useList<AccountIndex>("/search-index/accounts", state, {}, 2 * EVERY);
  const rebuild = useRebuild();
  const pause = usePause();
  return (
    <Section title={t("index.title")}>
      <Read from={index} lines={3}>
        {(found) => {
          const whole = found.indexed + found.waiting;
          return (
            <div className={styles.fields}>
              <Row>
                <Status kind={KINDS[found.state]}>{t(`index.state.${found.state}`)}</Status>
                <span className={styles.quiet}>
                  {t("index.figures", {
                    count: found.indexed,
                    number: format.number(found.indexed),
                    size: format.size(found.size),
                  })}
                </span>
              </Row>
              {found.state === "paused" && found.waiting > 0 && (
                <Notice kind="warning">
                  {t("index.waits", { count: found.waiting, number: format.number(found.waiting) })}
                </Notice>
              )}
              {found.state === "indexing" && (
                <Progress
                  label={t("index.waits", { count: found.waiting, number: format.number(found.waiting) })}
                  part={whole && found.waiting ? found.indexed / whole : null}
                  text={
                    found.seconds_left === null
                      ? format.percent(whole ? found.indexed / whole : 0)
                      : t("index.left", { span: format.span(found.seconds_left) })
                  }
                />
              )}
              <Row>
                <Button
                  onPress={() => pause.run(found.state !== "paused")}
                  busy={pause.busy}
                  disabled={found.state === "off"}
                >
                  {t(found.state === "paused" ? "index.resume" : "index.pause")}
                </Button>
                <Button onPress={() => void rebuild()} disabled={found.state === "off"}>
                  {t("index.rebuild_all")}
                </Button>
              </Row>
            </div>
          );
        }}
      </Read>
      <Table
        label={t("index.accounts")}
        from={accounts}
        state={state}
        search={t("index.search")}
        keyOf={({ account_id }) => String(account_id)}
        columns={[
          { name: "address", title: t("connections.account"), head: true, show: ({ address }) => address },
          { name: "indexed", title: t("index.indexed"), end: true, show: ({ indexed }) => format.number(indexed) },
          { name: "waiting", title: t("index.waiting"), end: true, show: ({ waiting }) => format.number(waiting) },
          { name: "size", title: t("queue.size"), end: true, show: ({ size }) => format.size(size) },
        ]}
        actions={(one) => (
          <Button
            small
            look="quiet"
            label={t("index.rebuild_of", { name: one.address })}
            onPress={() => void rebuild(one)}
          >
            {t("index.rebuild")}
          </Button>
        )}
        empty={{ title: t("index.none") }}
      />
    </Section>
  );
}
