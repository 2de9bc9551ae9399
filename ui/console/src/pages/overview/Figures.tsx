/** The numbers that say how the server is: queue, storage, certificate, people. */
import type { Overview } from "@shared/api/types";
import { Progress } from "@shared/components/states";
import { useFormat } from "@shared/i18n/format";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";
import styles from "./overview.module.css";

const DAY = 86_400;
const SOON = 21;
const FULL = 0.9;

export function Figures({ overview }: { overview: Overview }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { queue, storage, certificate, counts } = overview;
  const filled = storage.total > 0 ? storage.used / storage.total : 0;
  const end = certificate?.not_after ?? null;
  const days = end === null ? 0 : Math.floor((end - Date.now() / 1000) / DAY);
  const isOld = queue.oldest_at !== null && Date.now() / 1000 - queue.oldest_at > DAY;
  return (
    <div className={styles.figures}>
      <Figure title={t("figure.queue")} to="/queue" value={format.number(queue.waiting + queue.held)}>
        <small data-kind={isOld ? "warning" : undefined}>
          {queue.oldest_at
            ? t("figure.oldest", { when: format.relative(queue.oldest_at) })
            : t(queue.held ? "figure.all_held" : "figure.queue_empty")}
        </small>
        {queue.held > 0 && <small>{t("figure.held", { count: queue.held })}</small>}
      </Figure>
      <Figure title={t("figure.storage")} value={storage.mail === null ? "–" : format.size(storage.mail)}>
        <small>{t("figure.free", { size: format.size(storage.free) })}</small>
        <Progress
          quiet
          label={t("figure.disk")}
          part={filled}
          text={format.percent(filled)}
          kind={filled > FULL ? "bad" : "plain"}
        />
      </Figure>
      <Figure
        title={t("figure.certificate")}
        to="/security/certificates"
        value={end !== null ? (days < 0 ? t("figure.expired") : format.span(Math.max(days, 0) * DAY || 3600)) : "–"}
      >
        <small data-kind={end !== null && days < SOON ? (days < 7 ? "bad" : "warning") : undefined}>
          {end === null ? t("figure.no_certificate") : t("figure.until", { day: format.day(end) })}
        </small>
        <small>{certificate?.names[0]}</small>
      </Figure>
      <Figure title={t("figure.accounts")} to="/accounts/users" value={format.number(counts.accounts)}>
        <small>
          <Link href="/domains">{t("figure.domains", { count: counts.domains })}</Link>
        </small>
      </Figure>
      <Figure title={t("figure.connections")} to="/connections" value={format.number(counts.connections)}>
        <small>{t("figure.now")}</small>
      </Figure>
    </div>
  );
}

interface FigureProps {
  title: string;
  value: string;
  to?: string;
  children: ReactNode;
}

function Figure({ title, value, to, children }: FigureProps) {
  return (
    <div className={styles.figure}>
      {to ? <Link href={to}>{title}</Link> : <span>{title}</span>}
      <strong>{value}</strong>
      {children}
    </div>
  );
}
