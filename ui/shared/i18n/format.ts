/** Numbers, sizes, moments and spans in the reader's language. */
import { useMemo } from "react";
import { useTranslation } from "react-i18next";

const UNITS = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"] as const;
const STEPS: [Intl.RelativeTimeFormatUnit, number][] = [
  ["year", 31_536_000],
  ["month", 2_592_000],
  ["day", 86_400],
  ["hour", 3600],
  ["minute", 60],
  ["second", 1],
];

export class Format {
  readonly language: string;

  constructor(language: string) {
    this.language = language;
  }

  number(value: number, options?: Intl.NumberFormatOptions): string {
    return new Intl.NumberFormat(this.language, options).format(value);
  }

  percent(part: number): string {
    return this.number(part, { style: "percent", maximumFractionDigits: part < 0.1 ? 1 : 0 });
  }

  /** Octets, in powers of 1024. */
  size(octets: number): string {
    let value = octets;
    let step = 0;
    while (Math.abs(value) >= 1024 && step < UNITS.length - 1) {
      value /= 1024;
      step += 1;
    }
    const unit = UNITS[step] ?? "byte";
    const maximumFractionDigits = step === 0 || value >= 100 ? 0 : 1;
    return this.number(value, {
      style: "unit",
      unit,
      unitDisplay: step === 0 ? "long" : "short",
      maximumFractionDigits,
    });
  }

  /** Day and time of a Unix second. */
  moment(seconds: number): string {
    return new Intl.DateTimeFormat(this.language, { dateStyle: "medium", timeStyle: "short" }).format(seconds * 1000);
  }

  /** The same to the second, for logs. */
  exact(seconds: number): string {
    return new Intl.DateTimeFormat(this.language, { dateStyle: "medium", timeStyle: "medium" }).format(seconds * 1000);
  }

  day(seconds: number): string {
    return new Intl.DateTimeFormat(this.language, { dateStyle: "medium" }).format(seconds * 1000);
  }

  hour(seconds: number): string {
    return new Intl.DateTimeFormat(this.language, { hour: "numeric", minute: "2-digit" }).format(seconds * 1000);
  }

  /** "3 minutes ago", "in 2 days". */
  relative(seconds: number, now = Date.now() / 1000): string {
    const away = seconds - now;
    const [unit, length] = STEPS.find(([, step]) => Math.abs(away) >= step) ?? ["second", 1];
    return new Intl.RelativeTimeFormat(this.language, { numeric: "auto" }).format(Math.round(away / length), unit);
  }

  /** "3 days", "2 hours": the largest unit of a span. */
  span(seconds: number): string {
    const [unit, length] = STEPS.find(([, step]) => seconds >= step) ?? ["second", 1];
    return this.number(Math.floor(seconds / length), { style: "unit", unit, unitDisplay: "long" });
  }

  list(items: readonly string[]): string {
    return new Intl.ListFormat(this.language, { type: "conjunction" }).format(items);
  }
}

export function useFormat(): Format {
  const { i18n } = useTranslation();
  return useMemo(() => new Format(i18n.resolvedLanguage ?? "en"), [i18n.resolvedLanguage]);
}
