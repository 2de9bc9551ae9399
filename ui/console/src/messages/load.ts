/** The texts of a language: every file of its folder, fetched when the language is shown. */
import type { Language, Texts } from "@shared/i18n/setup";

const files = import.meta.glob<Texts>("./*/*.json", { import: "default" });

export async function load(language: Language): Promise<Texts> {
  const wanted = Object.entries(files).filter(([path]) => path.startsWith(`./${language}/`));
  return Object.assign({}, ...(await Promise.all(wanted.map(([, read]) => read()))));
}
