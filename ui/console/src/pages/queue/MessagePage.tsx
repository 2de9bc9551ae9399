/** One recipient of a message that waits: its attempts, its header, the others. */
import { api } from "@shared/api/client";
import { useRead } from "@shared/api/queries";
import type { QueueMessage } from "@shared/api/types";
import { Button, DownloadButton } from "@shared/components/Button";
import { Facts, Page, Section } from "@shared/components/Page";
import { Empty, Read } from "@shared/components/states";
import { Rows, Small } from "@shared/components/Table";
import { useFormat } from "@shared/i18n/format";
import { useTranslation } from "react-i18next";
import { Link, useLocation } from "wouter";
import { QueueState } from "./QueueState";
import styles from "./queue.module.css";
import { useQueueAction } from "./useQueueAction";

const EVERY = 5000;

export default function MessagePage({ id }: { id: string }) {
  const { t } = useTranslation();
  const message = useRead<QueueMessage>(`/queue/${encodeURIComponent(id)}`, { every: EVERY });
  const back = { to: "/queue", title: t("nav.queue") };
  if (message.error?.status === 404) {
    return (
      <Page title={t("queue.message")} back={back}>
        <Empty title={t("queue.gone")} text={t("queue.gone_text")} />
      </Page>
    );
  }
  return (
    <Page
      title={message.data?.recipient ?? t("queue.message")}
      back={back}
      actions={<Actions id={id} message={message.data} />}
    >
      <Read from={message} lines={6}>
        {(found) => (
          <>
            <Section>
              <FactsOf message={found} />
            </Section>
            <Attempts message={found} />
            {found.recipients.length > 1 && <Recipients message={found} />}
            <Section title={t("queue.headers")}>
              {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reached by keyboard */}
              <pre className={styles.headers} tabIndex={0}>
                {found.headers}
              </pre>
            </Section>
          </>
        )}
      </Read>
    </Page>
  );
}

function Actions({ id, message }: { id: string; message: QueueMessage | undefined }) {
  const { t } = useTranslation();
  const [, navigate] = useLocation();
  const { run, busy } = useQueueAction();
  if (!message) return null;
  const meant = { ids: [Number(id)] };
  const hold = message.held ? "release" : "hold";
  return (
    <>
      <DownloadButton href={api.url(`/queue/${encodeURIComponent(id)}/message`)}>{t("queue.download")}</DownloadButton>
      <Button busy={busy === "retry"} onPress={() => void run("retry", meant, 1)}>
        {t("queue.retry")}
      </Button>
      <Button busy={busy === hold} onPress={() => void run(hold, meant, 1)}>
        {t(`queue.${hold}`)}
      </Button>
      <Button
        busy={busy === "delete"}
        onPress={async () => {
          if (await run("delete", meant, 1)) navigate("/queue");
        }}
      >
        {t("queue.delete")}
      </Button>
    </>
  );
}

function FactsOf({ message }: { message: QueueMessage }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { sender, size, queued_at, next_attempt_at, held } = message;
  return (
    <Facts
      of={[
        [t("queue.state"), <QueueState key="state" entry={message} />],
        [t("queue.sender"), sender ?? t("queue.report")],
        [t("queue.queued"), format.moment(queued_at)],
        [t("queue.next"), held || !next_attempt_at ? "–" : format.moment(next_attempt_at)],
        [t("queue.size"), format.size(size)],
      ]}
    />
  );
}

function Attempts({ message }: { message: QueueMessage }) {
  const { t } = useTranslation();
  const format = useFormat();
  return (
    <Section title={t("queue.attempts")}>
      {message.attempts_made.length === 0 ? (
        <p>{t("queue.no_attempts")}</p>
      ) : (
        <Rows
          plain
          label={t("queue.attempts")}
          items={message.attempts_made}
          keyOf={({ at, host, reply }) => `${at} ${host} ${reply}`}
          columns={[
            { name: "at", title: t("queue.at"), head: true, show: ({ at }) => format.exact(at) },
            {
              name: "host",
              title: t("queue.host"),
              show: ({ host, tls }) => (
                <>
                  {host || "–"}
                  {tls && <Small>{tls}</Small>}
                </>
              ),
            },
            { name: "reply", title: t("queue.reply"), show: ({ reply, status }) => reply || status },
          ]}
        />
      )}
    </Section>
  );
}

function Recipients({ message }: { message: QueueMessage }) {
  const { t } = useTranslation();
  return (
    <Section title={t("queue.recipients")}>
      <Rows
        plain
        label={t("queue.recipients")}
        items={message.recipients}
        keyOf={({ id }) => String(id)}
        columns={[
          {
            name: "recipient",
            title: t("queue.recipient"),
            head: true,
            show: ({ id, recipient }) => <Link href={`/queue/${id}`}>{recipient}</Link>,
          },
          { name: "state", title: t("queue.state"), show: (entry) => <QueueState entry={entry} /> },
        ]}
      />
    </Section>
  );
}
