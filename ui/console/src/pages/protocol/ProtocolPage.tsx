/** Service › Protocol: one form for each page of settings, made from what the server says of its fields. */
import { useRead } from "@shared/api/queries";
import type { Settings, SettingsPage } from "@shared/api/types";
import { Page, Tabs } from "@shared/components/Page";
import { Empty, Read } from "@shared/components/states";
import { useTranslation } from "react-i18next";
import { History } from "./History";
import { Interfaces } from "./Interfaces";
import { Listeners } from "./Listeners";
import { IndexOutlook, SearchIndex } from "./SearchIndex";
import { SettingsForm } from "./SettingsForm";
import styles from "./settings.module.css";

const ORDER = ["smtp", "network", "imap_pop3", "search", "relay", "sending", "checks", "limits", "console"];
const ELSEWHERE = new Set(["security", "certificates"]);
const WITH_LISTENERS: Record<string, string[]> = {
  smtp: ["mx", "submissions", "submission", "lmtp"],
  imap_pop3: ["pop3", "pop3s", "imap", "imaps"],
  console: ["console"],
};

function inOrder(pages: readonly SettingsPage[]): SettingsPage[] {
  const rank = (page: SettingsPage) => (ORDER.includes(page.name) ? ORDER.indexOf(page.name) : ORDER.length);
  return pages.filter((page) => !ELSEWHERE.has(page.name)).sort((a, b) => rank(a) - rank(b));
}

export default function ProtocolPage({ page }: { page: string }) {
  const { t } = useTranslation();
  const settings = useRead<Settings>("/settings");
  return (
    <Page title={t("nav.protocol")} actions={<History />}>
      <Read from={settings} lines={8}>
        {(found) => {
          const pages = inOrder(found.pages);
          const shown = pages.find(({ name }) => name === page);
          const listeners = WITH_LISTENERS[page];
          return (
            <>
              <Tabs
                label={t("protocol.tabs")}
                tabs={pages.map(({ name, title }) => ({
                  to: `/service/protocol/${name}`,
                  title: t(`settings.page.${name}`, { defaultValue: title }),
                }))}
              />
              {shown ? (
                <div className={styles.columns}>
                  <SettingsForm
                    key={page}
                    settings={found}
                    page={shown}
                    instead={
                      page === "network" ? { "network.interface": (props) => <Interfaces {...props} /> } : undefined
                    }
                    {...(page === "search" && { outlook: (changes) => <IndexOutlook changes={changes} /> })}
                  />
                  {listeners && <Listeners names={listeners} />}
                </div>
              ) : (
                <Empty title={t("nowhere.title")} text={t("nowhere.text")} />
              )}
              {page === "search" && <SearchIndex />}
            </>
          );
        }}
      </Read>
    </Page>
  );
}
