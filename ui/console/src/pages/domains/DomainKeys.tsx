/** The keys that sign a domain's mail, and making the next pair. */
import { api } from "@shared/api/client";
import type { Domain, DomainKey } from "@shared/api/directory";
import { useChange, useRead } from "@shared/api/queries";
import { useAsk, useSay, useSayProblem } from "@shared/components/ask";
import { Button } from "@shared/components/Button";
import { Copyable, Row, Section } from "@shared/components/Page";
import { type Kind, Notice, Read, Status } from "@shared/components/states";
import { useFormat } from "@shared/i18n/format";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";
import styles from "./domains.module.css";

const KINDS: Record<string, Kind> = { active: "good", next: "accent", retired: "plain" };
const NAMES: Record<string, string> = { "rsa-sha256": "RSA 2048", "ed25519-sha256": "Ed25519" };

export function DomainKeys({ domain }: { domain: Domain }) {
  const { t } = useTranslation();
  const format = useFormat();
  const ask = useAsk();
  const say = useSay();
  const sayProblem = useSayProblem();
  const path = `/domains/${encodeURIComponent(domain.name)}`;
  const keys = useRead<{ items: DomainKey[] }>(`${path}/keys`);
  const rotate = useChange((atOnce: boolean) => api.post(`${path}/keys/rotate`, { at_once: atOnce }), [path]);
  const make = async (atOnce: boolean) => {
    const word = atOnce ? "now" : "next";
    const title = t(`keys.${word}_ask`);
    const text = t(`keys.${word}_text`);
    if (!(await ask({ title, text, action: t(`keys.${word}`), danger: atOnce }))) return;
    rotate.mutate(atOnce, { onSuccess: () => say({ text: t(`keys.${word}_said`) }), onError: sayProblem });
  };
  return (
    <Section title={t("keys.title")} text={t("keys.text")}>
      <Read from={keys}>
        {({ items }) => {
          const isWaiting = items.some(({ state }) => state === "next");
          return (
            <>
              {isWaiting && (
                <Notice kind="accent">
                  {t("keys.waiting")} <Link href={`${path}/dns`}>{t("keys.to_dns")}</Link>
                </Notice>
              )}
              <ul className={styles.keys}>
                {items.map((key) => (
                  <li key={key.selector}>
                    <div>
                      <strong>{NAMES[key.algorithm] ?? key.algorithm}</strong> <code>{key.selector}</code>
                    </div>
                    <Status kind={KINDS[key.state] ?? "plain"}>{t(`keys.state.${key.state}`)}</Status>
                    <span>
                      {key.retired_at
                        ? t("keys.retired", { day: format.day(key.retired_at) })
                        : key.active_at
                          ? t("keys.since", { day: format.day(key.active_at) })
                          : t("keys.made", { day: format.day(key.created_at) })}
                    </span>
                    <Copyable text={key.record} label={t("keys.record", { name: key.name })} />
                  </li>
                ))}
              </ul>
              <Row>
                {!isWaiting && (
                  <Button busy={rotate.isPending} onPress={() => void make(false)}>
                    {t("keys.next")}
                  </Button>
                )}
                <Button busy={rotate.isPending} onPress={() => void make(true)}>
                  {t("keys.now")}
                </Button>
              </Row>
            </>
          );
        }}
      </Read>
    </Section>
  );
}
