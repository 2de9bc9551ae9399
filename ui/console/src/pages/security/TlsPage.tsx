/** Security › TLS profile: how strict each listener is, and who would be shut out. */
import { useRead } from "@shared/api/queries";
import type { Tls } from "@shared/api/security";
import type { Settings } from "@shared/api/types";
import { Page, Section } from "@shared/components/Page";
import { Read } from "@shared/components/states";
import { Rows } from "@shared/components/Table";
import { useTranslation } from "react-i18next";
import { SettingsForm } from "../protocol/SettingsForm";
import { useSettingTexts } from "../protocol/texts";
import { Profiles } from "./Profiles";
import { ShutOut } from "./ShutOut";

export default function TlsPage() {
  const { t } = useTranslation();
  const settings = useRead<Settings>("/settings");
  const tls = useRead<Tls>("/tls");
  return (
    <Page title={t("nav.tls")} lead={t("tls.lead")} narrow>
      <Read from={settings} lines={8}>
        {(found) => {
          const page = found.pages.find(({ name }) => name === "security");
          return (
            page && (
              <SettingsForm
                settings={found}
                page={page}
                instead={{
                  "security.tls_profile": (slot) => <Profiles {...slot} profiles={tls.data?.profiles ?? []} />,
                }}
                outlook={(changes) => <ShutOut changes={changes} />}
              />
            )
          );
        }}
      </Read>
      <Read from={tls} lines={4}>
        {(found) => <Listeners tls={found} />}
      </Read>
    </Page>
  );
}

function Listeners({ tls }: { tls: Tls }) {
  const { t } = useTranslation();
  const { optionOf } = useSettingTexts();
  return (
    <Section title={t("tls.now")} text={t("tls.guidelines", { name: tls.guidelines })}>
      <Rows
        plain
        label={t("tls.now")}
        items={tls.listeners}
        keyOf={(listener) => listener.name}
        columns={[
          {
            name: "name",
            title: t("tls.listener"),
            head: true,
            show: ({ name }) => t(`listener.${name}`, { defaultValue: name }),
          },
          {
            name: "effective",
            title: t("nav.tls"),
            show: ({ effective, profile, override }) =>
              effective === (override ?? profile)
                ? optionOf(effective)
                : t("tls.not_stricter", { effective: optionOf(effective), wanted: optionOf(override ?? profile) }),
          },
        ]}
      />
    </Section>
  );
}
