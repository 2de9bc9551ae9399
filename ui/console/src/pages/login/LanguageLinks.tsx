/** The languages, where there is no account menu yet. */
import { isLanguage, LANGUAGES } from "@shared/i18n/setup";
import { useTranslation } from "react-i18next";
import { languages } from "../../languages";
import styles from "./login.module.css";

export function LanguageLinks() {
  const { t, i18n } = useTranslation();
  return (
    <nav className={styles.languages} aria-label={t("me.language")}>
      {Object.entries(LANGUAGES).map(([id, title]) => (
        <button
          key={id}
          type="button"
          lang={id}
          aria-pressed={i18n.resolvedLanguage === id}
          onClick={() => {
            if (!isLanguage(id)) return;
            languages.keep(id);
            void languages.choose(id);
          }}
        >
          {title}
        </button>
      ))}
    </nav>
  );
}
