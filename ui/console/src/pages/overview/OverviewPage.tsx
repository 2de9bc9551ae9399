/** Overview: whether all is well, and what flows. */
import { useRead } from "@shared/api/queries";
import type { Overview } from "@shared/api/types";
import { Columns, Page, Section } from "@shared/components/Page";
import { Read } from "@shared/components/states";
import { useTranslation } from "react-i18next";
import { Figures } from "./Figures";
import { Health } from "./Health";
import { MailFlow } from "./MailFlow";
import { Workers } from "./Workers";

const EVERY = 10_000;

export default function OverviewPage() {
  const { t } = useTranslation();
  const overview = useRead<Overview>("/overview", { every: EVERY });
  return (
    <Page title={t("nav.overview")}>
      <Read from={overview} lines={8}>
        {(found) => (
          <>
            <Health checks={found.health} />
            <Figures overview={found} />
            <Section title={t("flow.title")} text={t("flow.text")}>
              <MailFlow flow={found.mail_flow} />
            </Section>
            <Columns>
              <Workers processes={found.processes} startedAt={found.started_at} version={found.version} />
            </Columns>
          </>
        )}
      </Read>
    </Page>
  );
}
