/** The records to publish for a domain, and what the world sees of each now. */
import type { DnsRecord, Domain } from "@shared/api/directory";
import { useRead } from "@shared/api/queries";
import { Button } from "@shared/components/Button";
import { Copyable, Section } from "@shared/components/Page";
import { Badge, type Kind, Notice, Read, Status } from "@shared/components/states";
import { useTranslation } from "react-i18next";
import styles from "./domains.module.css";

const KINDS: Record<DnsRecord["state"], Kind> = { ok: "good", missing: "bad", different: "warning", unknown: "plain" };

/** What to publish at once; what the world sees of it as soon as that is known. */
export function useDns(domain: string) {
  const path = `/domains/${encodeURIComponent(domain)}/dns`;
  const wanted = useRead<{ records: DnsRecord[] }>(path, { params: { check: false } });
  const seen = useRead<{ records: DnsRecord[] }>(path);
  return seen.data || seen.error ? seen : { ...wanted, isFetching: true, refetch: seen.refetch };
}

export function DomainDns({ domain }: { domain: Domain }) {
  const { t } = useTranslation();
  const dns = useDns(domain.name);
  return (
    <Section
      bare
      title={t("dns.title")}
      text={t("dns.text")}
      actions={
        <Button icon="refresh" busy={dns.isFetching} onPress={() => void dns.refetch()}>
          {t("dns.check")}
        </Button>
      }
    >
      <Read from={dns} lines={8}>
        {({ records }) => {
          const wrong = records.filter(({ needed, state }) => needed && state !== "ok").length;
          return (
            <>
              {wrong === 0 ? (
                <Notice kind="good">{t("dns.good")}</Notice>
              ) : (
                <Notice kind="warning">{t("dns.wrong", { count: wrong })}</Notice>
              )}
              <Records records={records} />
            </>
          );
        }}
      </Read>
    </Section>
  );
}

export function Records({ records }: { records: readonly DnsRecord[] }) {
  const { t } = useTranslation();
  return (
    <ul className={styles.records}>
      {records.map((record) => (
        <li key={`${record.kind} ${record.name} ${record.value}`}>
          <div className={styles.recordHead}>
            <strong>{record.kind}</strong>
            <span>{record.purpose === record.kind ? "" : record.purpose}</span>
            {!record.needed && <Badge>{t("dns.optional")}</Badge>}
            <Status kind={!record.needed && record.state === "missing" ? "plain" : KINDS[record.state]}>
              {t(`dns.state.${record.state}`)}
            </Status>
          </div>
          <Copyable text={record.name} label={t("dns.name")} />
          <Copyable text={record.value} label={t("dns.value")} />
          {record.state === "different" && record.found.length > 0 && (
            <p>
              {t("dns.found")} <code>{record.found.join(" · ")}</code>
            </p>
          )}
          {record.note && <p>{record.note}</p>}
        </li>
      ))}
    </ul>
  );
}
