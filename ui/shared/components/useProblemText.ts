/** What a refusal says to people: the server's words where it has some, ours for the network and the common ones. */
import { useCallback } from "react";
import { useTranslation } from "react-i18next";
import { Problem } from "../api/problem";

const OURS = new Set([0, 403, 413, 429, 502, 503, 504]);

export function useProblemText(): (error: unknown) => string {
  const { t } = useTranslation();
  return useCallback(
    (error) => {
      if (!(error instanceof Problem)) return t("problem.unknown");
      const { status, detail, title, fields, retryAfter } = error;
      if (status === 429) return t("problem.429", { count: retryAfter || 60 });
      if (detail) return detail;
      const [first] = Object.values(fields);
      if (first) return first;
      if (OURS.has(status)) return t(`problem.${status}`);
      return title || t("problem.unknown");
    },
    [t],
  );
}
