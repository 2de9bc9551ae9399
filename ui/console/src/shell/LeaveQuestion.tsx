/** Joins the guard of unsaved changes to the question that is asked. */
import { useAsk } from "@shared/components/ask";
import { guard } from "@shared/components/guard";
import { useEffect } from "react";
import { useTranslation } from "react-i18next";

export function LeaveQuestion() {
  const { t } = useTranslation();
  const ask = useAsk();
  useEffect(() => {
    guard.ask = () => ask({ title: t("leave.title"), text: t("leave.text"), action: t("leave.action"), danger: true });
  }, [ask, t]);
  return null;
}
