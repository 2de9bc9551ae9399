/** A server that was never set up: where the link to its first start is found. */
import { Mark } from "@shared/components/Icon";
import { useTranslation } from "react-i18next";
import { LanguageLinks } from "../login/LanguageLinks";
import styles from "../login/login.module.css";

export function NeedsSetup() {
  const { t } = useTranslation();
  return (
    <main className={styles.page}>
      <div className={styles.box}>
        <div className={styles.head}>
          <Mark size={40} />
          <h1>{t("setup.needed")}</h1>
          <p>{t("setup.needed_text")}</p>
        </div>
      </div>
      <LanguageLinks />
    </main>
  );
}
