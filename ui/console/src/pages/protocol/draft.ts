/** What was changed on a form of settings and is not saved: kept by path, checked here at once and by the server soon. */
import { api } from "@shared/api/client";
import { Problem } from "@shared/api/problem";
import type { Field, SettingsChanged, SettingValue } from "@shared/api/types";
import { useFormat } from "@shared/i18n/format";
import { useEffect, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";

const REST = 400;

export type Changes = Readonly<Record<string, SettingValue>>;

export function isSame(a: SettingValue, b: SettingValue): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

export interface Draft {
  changes: Changes;
  errors: Readonly<Record<string, string>>;
  /** What is wrong with the document and belongs to no field. */
  general: string | null;
  warnings: readonly string[];
  set: (path: string, value: SettingValue) => void;
  drop: () => void;
  refuse: (problem: Problem) => void;
}

export function currentOf(field: Field, changes: Changes): SettingValue {
  const changed = changes[field.path];
  return changed === undefined ? field.value : changed;
}

export function useDraft(fields: readonly Field[]): Draft {
  const [changes, setChanges] = useState<Changes>({});
  const [said, setSaid] = useState<{ errors: Record<string, string>; general: string | null; warnings: string[] }>({
    errors: {},
    general: null,
    warnings: [],
  });
  const ours = useOwnErrors(fields, changes);
  const mayAsk = Object.keys(ours).length === 0;

  useEffect(() => {
    if (Object.keys(changes).length === 0) {
      setSaid({ errors: {}, general: null, warnings: [] });
      return undefined;
    }
    if (!mayAsk) return undefined;
    const stop = new AbortController();
    const timer = setTimeout(async () => {
      try {
        const answer = await api.post<SettingsChanged>("/settings/validate", { changes }, { signal: stop.signal });
        setSaid({ errors: {}, general: null, warnings: answer?.warnings ?? [] });
      } catch (error) {
        if (error instanceof Problem && error.status === 422) setSaid({ ...sorted(error, fields), warnings: [] });
      }
    }, REST);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [changes, mayAsk, fields]);

  return {
    changes,
    errors: { ...said.errors, ...ours },
    general: said.general,
    warnings: said.warnings,
    set: (path, value) =>
      setChanges((before) => {
        const { [path]: _, ...rest } = before;
        const field = fields.find((one) => one.path === path);
        return field && field.type !== "secret" && isSame(field.value, value) ? rest : { ...rest, [path]: value };
      }),
    drop: () => setChanges({}),
    refuse: (problem) => setSaid({ ...sorted(problem, fields), warnings: [] }),
  };
}

/** The faults of fields that are shown, at their fields; the others in one line. */
function sorted(problem: Problem, fields: readonly Field[]) {
  const errors: Record<string, string> = {};
  const others: string[] = [];
  for (const [where, message] of Object.entries(problem.fields)) {
    const field = fields.find(({ path }) => where === path || where.startsWith(`${path}.`));
    if (field) errors[field.path] = message;
    else others.push(where ? `${where}: ${message}` : message);
  }
  if (Object.keys(problem.fields).length === 0) others.push(problem.detail || problem.title);
  return { errors, general: others.join("; ") || null };
}

function useOwnErrors(fields: readonly Field[], changes: Changes): Record<string, string> {
  const { t } = useTranslation();
  const format = useFormat();
  return useMemo(() => {
    const found: Record<string, string> = {};
    for (const field of fields) {
      const value = changes[field.path];
      if (value === undefined) continue;
      if (field.type === "number") {
        const { minimum, maximum } = field;
        const said = (bound: number) => (field.unit === "octets" ? format.size(bound) : String(bound));
        if (typeof value !== "number" || !Number.isInteger(value)) found[field.path] = t("settings.number");
        else if (minimum !== null && value < minimum)
          found[field.path] = t("settings.least", { minimum: said(minimum) });
        else if (maximum !== null && value > maximum)
          found[field.path] = t("settings.most", { maximum: said(maximum) });
      }
      const longest = field.max_length;
      if (typeof value === "string" && longest !== null && value.length > longest) {
        found[field.path] = t("settings.long", { count: longest });
      }
    }
    return found;
  }, [fields, changes, t, format]);
}
