/** Titles and help of settings in the reader's language, or as the server says them. */
import type { SettingValue } from "@shared/api/types";
import { useFormat } from "@shared/i18n/format";
import { useTranslation } from "react-i18next";

export function useSettingTexts() {
  const { t, i18n } = useTranslation();
  const format = useFormat();
  const isEnglish = i18n.resolvedLanguage === "en";
  /** Our text by its key, else the server's; English is always the server's. */
  const text = (key: string, server: string) => (isEnglish ? server : t(key, { defaultValue: server }));
  return {
    titleOf: ({ path, title }: { path: string; title: string }) => text(`setting.${path}`, title),
    helpOf: ({ path, help }: { path: string; help: string }) => text(`setting.${path}.help`, help),
    unitOf: (unit: string) => (unit ? t(`unit.${unit}`, { defaultValue: unit }) : ""),
    optionOf: (value: string) => t(`option.${value}`, { defaultValue: value }),
    /** A value in a sentence. */
    shown: (value: SettingValue): string => {
      if (typeof value === "boolean") return t(value ? "value.on" : "value.off");
      if (typeof value === "number") return format.number(value);
      if (value === null || value === "") return t("value.empty");
      if (typeof value === "string") return t(`option.${value}`, { defaultValue: value });
      if (Array.isArray(value)) return value.length > 0 ? value.join(", ") : t("value.none");
      const pairs = Object.entries(value).map(([name, one]) => `${name}: ${one}`);
      return pairs.length > 0 ? pairs.join(", ") : t("value.none");
    },
  };
}
