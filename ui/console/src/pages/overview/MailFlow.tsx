/** Received, sent and rejected mail by the hour: drawn, and as a table for who does not see it. */
import type { Overview } from "@shared/api/types";
import { Button } from "@shared/components/Button";
import { Rows } from "@shared/components/Table";
import { useFormat } from "@shared/i18n/format";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import styles from "./overview.module.css";

type Flow = Overview["mail_flow"];

const SERIES = ["received", "sent", "rejected"] as const;
const HEIGHT = 100;
const STEP = 10;
const BAR = 6.4;

/** The next round number: 1, 1.5, 2, 3, 4, 5, 6, 8, 10, 15 ... */
export function ceiling(most: number): number {
  const ten = 10 ** Math.floor(Math.log10(Math.max(most, 1)));
  return [1, 1.5, 2, 3, 4, 5, 6, 8, 10].map((step) => step * ten).find((step) => step >= most) ?? 10 * ten;
}

export function MailFlow({ flow }: { flow: Flow }) {
  const { t } = useTranslation();
  const format = useFormat();
  const [asTable, setAsTable] = useState(false);
  const [here, setHere] = useState<number | null>(null);
  const steps = flow.received.map((_, index) => ({
    at: flow.start + index * flow.step,
    received: flow.received[index] ?? 0,
    sent: flow.sent[index] ?? 0,
    rejected: flow.rejected[index] ?? 0,
  }));
  const sum = (name: (typeof SERIES)[number]) => steps.reduce((all, step) => all + step[name], 0);
  const shown = here === null ? null : steps[here];
  const value = (name: (typeof SERIES)[number]) => format.number(shown ? shown[name] : sum(name));
  const summary = t("flow.summary", {
    received: format.number(sum("received")),
    sent: format.number(sum("sent")),
    rejected: format.number(sum("rejected")),
  });
  return (
    <div className={styles.chart}>
      <div className={styles.legend}>
        {SERIES.map((name) => (
          <span key={name}>
            <i className={styles[name]} />
            {t(`flow.${name}`)} <strong>{value(name)}</strong>
          </span>
        ))}
        <time>{shown ? `${format.hour(shown.at)}–${format.hour(shown.at + flow.step)}` : t("flow.day")}</time>
      </div>
      {asTable ? (
        <Rows
          plain
          label={t("flow.title")}
          items={steps}
          keyOf={(step) => String(step.at)}
          columns={[
            { name: "at", title: t("flow.hour"), head: true, show: (step) => format.moment(step.at) },
            ...SERIES.map((name) => ({
              name,
              title: t(`flow.${name}`),
              end: true,
              show: (step: (typeof steps)[number]) => format.number(step[name]),
            })),
          ]}
        />
      ) : (
        <Plot steps={steps} summary={summary} here={here} setHere={setHere} />
      )}
      <div className={styles.more}>
        <Button small look="quiet" onPress={() => setAsTable(!asTable)}>
          {t(asTable ? "flow.as_chart" : "flow.as_table")}
        </Button>
      </div>
    </div>
  );
}

interface PlotProps {
  steps: readonly { at: number; received: number; sent: number; rejected: number }[];
  summary: string;
  here: number | null;
  setHere: (index: number | null) => void;
}

function Plot({ steps, summary, here, setHere }: PlotProps) {
  const format = useFormat();
  const most = ceiling(Math.max(...steps.map((step) => step.received + step.sent + step.rejected), 0));
  const high = (count: number) => (count / most) * HEIGHT;
  const marks = steps.filter((_, index) => index % 6 === 0);
  return (
    <div className={styles.plot}>
      <div className={styles.scale} aria-hidden="true">
        <span>{format.number(most)}</span>
        <span>{format.number(0)}</span>
      </div>
      <svg
        className={styles.svg}
        viewBox={`0 0 ${steps.length * STEP} ${HEIGHT}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={summary}
        onPointerLeave={() => setHere(null)}
      >
        {[0, HEIGHT / 2, HEIGHT].map((y) => (
          <line key={y} x1="0" x2={steps.length * STEP} y1={y} y2={y} />
        ))}
        {steps.map((step, index) => {
          let top = HEIGHT;
          return (
            <g key={step.at} onPointerEnter={() => setHere(index)}>
              <rect
                className={styles.band}
                data-here={here === index || undefined}
                x={index * STEP}
                y="0"
                width={STEP}
                height={HEIGHT}
              />
              {SERIES.map((name) => {
                const height = high(step[name]);
                top -= height;
                return (
                  <rect
                    key={name}
                    className={styles[name]}
                    x={index * STEP + (STEP - BAR) / 2}
                    y={top}
                    width={BAR}
                    height={height}
                  />
                );
              })}
            </g>
          );
        })}
      </svg>
      <div className={styles.hours} aria-hidden="true">
        {marks.map((step) => (
          <span key={step.at}>{format.hour(step.at)}</span>
        ))}
        <span>{format.hour((steps.at(-1)?.at ?? 0) + 3600)}</span>
      </div>
    </div>
  );
}
