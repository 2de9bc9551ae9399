/** What the server finds of itself: faults first, and where each is mended. */
import type { Overview, State } from "@shared/api/types";
import { Button } from "@shared/components/Button";
import { Icon } from "@shared/components/Icon";
import { Section } from "@shared/components/Page";
import { type Kind, Status } from "@shared/components/states";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";
import styles from "./overview.module.css";
import { placeOf } from "./places";

type Check = Overview["health"][number];

export const KINDS: Record<State, Kind> = { ok: "good", warning: "warning", error: "bad" };
const RANK: Record<State, number> = { error: 0, warning: 1, ok: 2 };

export function Health({ checks }: { checks: readonly Check[] }) {
  const { t } = useTranslation();
  const [all, setAll] = useState(false);
  const sorted = [...checks].sort((a, b) => RANK[a.state] - RANK[b.state]);
  const wrong = sorted.filter((check) => check.state !== "ok");
  const worst = sorted[0]?.state ?? "ok";
  const shown = all ? sorted : wrong;
  return (
    <Section>
      <p className={styles.verdict} data-kind={KINDS[worst]}>
        <Icon name={worst === "ok" ? "check" : "warning"} size={28} />
        {wrong.length === 0 ? t("health.good") : t("health.wrong", { count: wrong.length })}
      </p>
      {shown.length > 0 && (
        <ul className={styles.checks}>
          {shown.map((check) => (
            <CheckLine key={`${check.name} ${check.text}`} check={check} />
          ))}
        </ul>
      )}
      {wrong.length < sorted.length && (
        <div className={styles.more}>
          <Button small look="quiet" icon={all ? "up" : "down"} onPress={() => setAll(!all)}>
            {all ? t("health.fewer") : t("health.all", { count: sorted.length })}
          </Button>
        </div>
      )}
    </Section>
  );
}

function CheckLine({ check }: { check: Check }) {
  const { t } = useTranslation();
  const place = placeOf(check.page);
  const title = t(`check.${check.name}`, { defaultValue: check.title });
  return (
    <li>
      <Status kind={KINDS[check.state]}>
        {title}
        <span className="visually-hidden"> ({t(`health.${check.state}`)})</span>
      </Status>
      <span>{check.text}</span>
      {place && place !== "/" && check.state !== "ok" ? (
        <Link href={place} aria-label={t("health.open_named", { name: title })}>
          {t("health.open")}
        </Link>
      ) : (
        <span />
      )}
    </li>
  );
}
