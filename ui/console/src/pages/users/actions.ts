/** Disabling and removing accounts: asked first, said afterwards. */
import { api } from "@shared/api/client";
import type { Account } from "@shared/api/directory";
import { useChange } from "@shared/api/queries";
import { useAsk, useSay, useSayProblem } from "@shared/components/ask";
import { useFormat } from "@shared/i18n/format";
import { useTranslation } from "react-i18next";

const TOUCHED = ["/accounts", "/domains", "/groups", "/aliases", "/overview", "/connections"];

export function useDisable(): (account: Account) => Promise<void> {
  const { t } = useTranslation();
  const ask = useAsk();
  const say = useSay();
  const sayProblem = useSayProblem();
  const change = useChange(
    ({ id, disabled }: { id: number; disabled: boolean }) => api.patch(`/accounts/${id}`, { disabled }),
    TOUCHED,
  );
  return async ({ id, address, disabled }) => {
    const name = address;
    const wanted =
      disabled ||
      (await ask({
        title: t("users.disable_ask", { name }),
        text: t("users.disable_text"),
        action: t("users.disable"),
        danger: true,
      }));
    if (!wanted) return;
    try {
      await change.mutateAsync({ id, disabled: !disabled });
      say({ text: t(disabled ? "users.enabled_said" : "users.disabled_said", { name }) });
    } catch (error) {
      sayProblem(error);
    }
  };
}

/** true when it is gone. */
export function useRemove(): (account: Account) => Promise<boolean> {
  const { t } = useTranslation();
  const format = useFormat();
  const ask = useAsk();
  const say = useSay();
  const sayProblem = useSayProblem();
  const remove = useChange((id: number) => api.delete(`/accounts/${id}`), TOUCHED);
  return async ({ id, address, used, messages }) => {
    const name = address;
    const wanted = await ask({
      title: t("users.remove_ask", { name }),
      text:
        used === null
          ? t("users.remove_text")
          : t("users.remove_text_mail", { count: messages ?? 0, size: format.size(used) }),
      action: t("users.remove"),
      danger: true,
      typed: address,
    });
    if (!wanted) return false;
    try {
      await remove.mutateAsync(id);
      say({ text: t("users.removed", { name }) });
      return true;
    } catch (error) {
      sayProblem(error);
      return false;
    }
  };
}
