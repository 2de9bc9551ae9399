/** The first start: five steps from the link in the log to a server that takes mail. */
import { api } from "@shared/api/client";
import { useRead } from "@shared/api/queries";
import { Mark } from "@shared/components/Icon";
import { Empty, Read } from "@shared/components/states";
import { useEffect, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { LanguageLinks } from "../login/LanguageLinks";
import { AdministratorStep, DomainStep, NameStep } from "./FirstSteps";
import { CertificateStep, DnsStep } from "./LastSteps";
import styles from "./setup.module.css";
import type { SetupState, StepProps } from "./steps";

const STEPS = ["name", "domain", "administrator", "certificate", "dns"] as const;
type Step = (typeof STEPS)[number];

const SHOWN: Record<Step, (props: StepProps) => React.ReactNode> = {
  name: NameStep,
  domain: DomainStep,
  administrator: AdministratorStep,
  certificate: CertificateStep,
  dns: DnsStep,
};

/** Who comes again goes on where the last visit ended. */
function firstStep(state: SetupState): Step {
  if (state.administrator) return "certificate";
  if (state.domain) return "administrator";
  return "name";
}

export function SetupPage({ token }: { token: string }) {
  const { t } = useTranslation();
  useMemo(() => {
    api.bearer = token; // before the first question
  }, [token]);
  useEffect(() => {
    document.title = `${t("setup.title")} · Postroom`;
    return () => {
      api.bearer = "";
    };
  }, [t]);
  const state = useRead<SetupState>("/setup");
  const [chosen, setChosen] = useState<Step | null>(null);
  const isOver = state.error?.status === 401 || state.error?.status === 404;
  return (
    <main className={styles.page}>
      <header className={styles.head}>
        <Mark size={40} />
        <div>
          <h1>{t("setup.title")}</h1>
          <p>{t("setup.lead")}</p>
        </div>
      </header>
      {isOver ? (
        <Empty title={t("setup.over")} text={t("setup.over_text")}>
          <a href="/console/">{t("setup.to_login")}</a>
        </Empty>
      ) : (
        <Read from={state} lines={6}>
          {(found) => {
            const step = chosen ?? firstStep(found);
            const index = STEPS.indexOf(step);
            const Shown = SHOWN[step];
            return (
              <>
                <ol className={styles.steps} aria-label={t("setup.steps")}>
                  {STEPS.map((one, place) => (
                    <li
                      key={one}
                      aria-current={one === step ? "step" : undefined}
                      data-done={place < index || undefined}
                    >
                      <span>{place + 1}</span>
                      {t(`setup.step.${one}`)}
                    </li>
                  ))}
                </ol>
                <Shown
                  state={found}
                  next={async () => {
                    await state.refetch();
                    setChosen(STEPS[index + 1] ?? step);
                  }}
                />
              </>
            );
          }}
        </Read>
      )}
      <LanguageLinks />
    </main>
  );
}
