/** Saving a form of settings: what changed is said, with a way back; what others changed meanwhile is told and read again. */
import { api } from "@shared/api/client";
import { Problem } from "@shared/api/problem";
import type { SettingChange, SettingsChanged } from "@shared/api/types";
import { useAsk, useSay, useSayProblem } from "@shared/components/ask";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Draft } from "./draft";
import { useSettingTexts } from "./texts";

const TOUCHED = ["/settings", "/listeners", "/interfaces", "/overview", "/tls", "/service", "/acme"];

export function useRefreshSettings(): () => Promise<void> {
  const queries = useQueryClient();
  return () =>
    queries.invalidateQueries({
      predicate: ({ queryKey: [path] }) => TOUCHED.some((start) => String(path).startsWith(start)),
    });
}

/** Takes the newest change back. */
export function useUndo(): (version: number) => Promise<void> {
  const { t } = useTranslation();
  const say = useSay();
  const sayProblem = useSayProblem();
  const refresh = useRefreshSettings();
  const lines = useChangeLines();
  return async (version) => {
    try {
      const { changed } = await api.post<SettingsChanged>("/settings/undo", { version });
      say({ text: t("settings.undone"), details: lines(changed) });
    } catch (error) {
      sayProblem(error);
    }
    await refresh();
  };
}

export function useChangeLines(): (changed: readonly SettingChange[]) => string[] {
  const { titleOf, shown } = useSettingTexts();
  return (changed) => changed.map((one) => `${titleOf(one)}: ${shown(one.old)} → ${shown(one.new)}`);
}

export function useSave(version: number, draft: Draft) {
  const { t } = useTranslation();
  const [busy, setBusy] = useState(false);
  const ask = useAsk();
  const say = useSay();
  const sayProblem = useSayProblem();
  const undo = useUndo();
  const refresh = useRefreshSettings();
  const lines = useChangeLines();
  const run = async () => {
    if (Object.keys(draft.changes).length === 0 || Object.keys(draft.errors).length > 0) return;
    setBusy(true);
    try {
      const answer = await api.patch<SettingsChanged>("/settings", { version, changes: draft.changes });
      await refresh();
      draft.drop();
      say({
        text: t("settings.saved"),
        details: [...lines(answer.changed), ...answer.warnings],
        action: { label: t("do.undo"), run: () => void undo(answer.version) },
      });
    } catch (error) {
      if (error instanceof Problem && error.status === 409) {
        const action = t("settings.conflict_action");
        const isTaken = await ask({ title: t("settings.conflict"), text: t("settings.conflict_text"), action });
        await refresh();
        if (!isTaken) draft.drop();
      } else if (error instanceof Problem && error.status === 422) draft.refuse(error);
      else sayProblem(error);
    } finally {
      setBusy(false);
    }
  };
  return { run, busy };
}
