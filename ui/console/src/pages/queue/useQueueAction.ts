/** Hold, release, retry, delete: of entries that are named, or of all that a search finds. */
import { api } from "@shared/api/client";
import { useChange } from "@shared/api/queries";
import { useAsk, useSay, useSayProblem } from "@shared/components/ask";
import { useState } from "react";
import { useTranslation } from "react-i18next";

export const ACTIONS = ["retry", "hold", "release", "delete"] as const;
export type QueueAction = (typeof ACTIONS)[number];
export type Meant = { ids: number[] } | { search: string; state: string };

export function useQueueAction() {
  const { t } = useTranslation();
  const ask = useAsk();
  const say = useSay();
  const sayProblem = useSayProblem();
  const [busy, setBusy] = useState<QueueAction | null>(null);
  const act = useChange(
    (form: { action: QueueAction } & Meant) => api.post<{ count: number }>("/queue/actions", form),
    ["/queue", "/overview"],
  );
  const run = async (action: QueueAction, meant: Meant, count: number): Promise<boolean> => {
    if (action === "delete") {
      const title = t("queue.delete_ask", { count });
      if (!(await ask({ title, text: t("queue.delete_text"), action: t("queue.delete"), danger: true }))) return false;
    }
    setBusy(action);
    try {
      const done = await act.mutateAsync({ action, ...meant });
      say({ text: t(`queue.${action}_said`, { count: done.count }) });
      return true;
    } catch (error) {
      sayProblem(error);
      return false;
    } finally {
      setBusy(null);
    }
  };
  return { run, busy };
}
