/** About: what runs here, and where to read on. */
import { useRead } from "@shared/api/queries";
import type { Overview, Service } from "@shared/api/types";
import { Mark } from "@shared/components/Icon";
import { Facts, Page, Section } from "@shared/components/Page";
import { useFormat } from "@shared/i18n/format";
import { useTranslation } from "react-i18next";
import styles from "./about.module.css";

export default function AboutPage() {
  const { t } = useTranslation();
  const format = useFormat();
  const service = useRead<Service>("/service");
  const overview = useRead<Overview>("/overview");
  const version = service.data?.version ?? "";
  return (
    <Page title={t("nav.about")} narrow>
      <Section>
        <div className={styles.head}>
          <Mark size={56} />
          <div>
            <h2>Postroom</h2>
            <p>{t("about.what")}</p>
          </div>
        </div>
        <Facts
          of={[
            [t("about.version"), version],
            [t("about.server"), service.data?.server_name],
            [t("about.started"), overview.data ? format.moment(overview.data.started_at) : "–"],
            [t("about.licence"), "Apache License 2.0"],
            [
              t("about.api"),
              <a key="api" href="/api/v1/openapi.json">
                /api/v1/openapi.json
              </a>,
            ],
          ]}
        />
      </Section>
    </Page>
  );
}
