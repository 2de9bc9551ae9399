/** Languages: which there are, which is shown, and the texts of one at a time. */
import i18next, { type i18n } from "i18next";
import { initReactI18next } from "react-i18next";

export const LANGUAGES = { en: "English", "zh-CN": "简体中文", ja: "日本語", ko: "한국어" } as const;
export type Language = keyof typeof LANGUAGES;
export type Texts = Record<string, string>;
export type Loader = (language: Language) => Promise<Texts>;

const KEPT = "postroom.language";

export function isLanguage(text: string): text is Language {
  return text in LANGUAGES;
}

/** The one of ours that serves a browser's wish best; `zh-TW` reads simplified rather than English. */
export function languageFor(wishes: readonly string[]): Language {
  for (const wish of wishes) {
    if (isLanguage(wish)) return wish;
    const stem = wish.split("-")[0] ?? "";
    const near = (Object.keys(LANGUAGES) as Language[]).find((ours) => ours.split("-")[0] === stem);
    if (near) return near;
  }
  return "en";
}

function chosen(): Language {
  try {
    const kept = localStorage.getItem(KEPT) ?? "";
    if (isLanguage(kept)) return kept;
  } catch {
    // nothing is kept: as the browser wishes
  }
  return languageFor(navigator.languages);
}

export class Languages {
  readonly i18n: i18n = i18next.createInstance();
  readonly #load: Loader;

  constructor(load: Loader) {
    this.#load = load;
  }

  async start(language: Language = chosen()): Promise<void> {
    await this.i18n.use(initReactI18next).init({
      lng: language,
      fallbackLng: "en",
      keySeparator: false,
      nsSeparator: false,
      interpolation: { escapeValue: false },
      resources: { en: { translation: await this.#load("en") } },
    });
    await this.choose(language);
  }

  /** Show this language from now on. */
  async choose(language: Language): Promise<void> {
    if (!this.i18n.hasResourceBundle(language, "translation")) {
      this.i18n.addResourceBundle(language, "translation", await this.#load(language));
    }
    await this.i18n.changeLanguage(language);
    document.documentElement.lang = language;
  }

  keep(language: Language): void {
    try {
      localStorage.setItem(KEPT, language);
    } catch {
      // chosen for this visit alone
    }
  }
}
