/** The frame around every page: navigation at the left, or in a drawer where there is no room; the page beside it. */
import { useRead } from "@shared/api/queries";
import type { Service } from "@shared/api/types";
import { Button } from "@shared/components/Button";
import { Drawer } from "@shared/components/Dialog";
import { Icon } from "@shared/components/Icon";
import { Loading } from "@shared/components/states";
import { Suspense, useState } from "react";
import { useTranslation } from "react-i18next";
import { Link, useLocation } from "wouter";
import { AccountMenu } from "./AccountMenu";
import styles from "./Frame.module.css";
import { LeaveQuestion } from "./LeaveQuestion";
import { Logo } from "./Logo";
import { isWithin, PLACES } from "./navigation";
import { Pages } from "./Pages";
import { useIsAdministrator } from "./session";

export function Frame() {
  const { t } = useTranslation();
  const [isOpen, setOpen] = useState(false);
  return (
    <div className={styles.frame}>
      <LeaveQuestion />
      <a href="#page" className={styles.skip}>
        {t("nav.skip")}
      </a>
      <aside className={styles.side} aria-label="Postroom">
        <Side />
      </aside>
      <header className={styles.bar}>
        <Button look="quiet" icon="menu" label={t("nav.open")} onPress={() => setOpen(true)} />
        <Logo size={24} />
        <strong>Postroom</strong>
      </header>
      <Drawer label={t("nav.label")} isOpen={isOpen} onClose={() => setOpen(false)}>
        <Side onGo={() => setOpen(false)} />
      </Drawer>
      <main id="page" className={styles.main} tabIndex={-1}>
        <Suspense fallback={<Loading lines={6} />}>
          <Pages />
        </Suspense>
      </main>
    </div>
  );
}

function Side({ onGo }: { onGo?: () => void }) {
  const { t } = useTranslation();
  const [location] = useLocation();
  const service = useRead<Service>("/service");
  const isAdministrator = useIsAdministrator();
  const places = PLACES.filter((place) => isAdministrator || place.forDomains);
  return (
    <div className={styles.inside}>
      <div className={styles.brand}>
        <Logo size={30} />
        <div>
          {service.data?.logo ? null : <strong>Postroom</strong>}
          <span>{service.data?.server_name}</span>
        </div>
      </div>
      <nav className={styles.nav} aria-label={t("nav.label")}>
        <ul>
          {places.map((place) => {
            const within = isWithin(location, place.to);
            const [first] = place.under ?? [];
            return (
              <li key={place.to}>
                <Link
                  href={first?.to ?? place.to}
                  className={styles.place}
                  data-within={within || undefined}
                  aria-current={within && !first ? "page" : undefined}
                  onClick={onGo}
                >
                  <Icon name={place.icon} />
                  {t(place.title)}
                </Link>
                {within && place.under && (
                  <ul className={styles.under}>
                    {place.under.map(({ to, title }) => (
                      <li key={to}>
                        <Link
                          href={to}
                          className={styles.place}
                          aria-current={isWithin(location, to) ? "page" : undefined}
                          onClick={onGo}
                        >
                          {t(title)}
                        </Link>
                      </li>
                    ))}
                  </ul>
                )}
              </li>
            );
          })}
        </ul>
      </nav>
      <div className={styles.foot}>
        <AccountMenu onGo={onGo} />
      </div>
    </div>
  );
}
