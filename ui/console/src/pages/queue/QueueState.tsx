/** Where an entry of the queue stands, with what the other side said last. */
import type { QueueEntry } from "@shared/api/types";
import { Status } from "@shared/components/states";
import { Small } from "@shared/components/Table";
import { useTranslation } from "react-i18next";

export function QueueState({ entry }: { entry: QueueEntry }) {
  const { t } = useTranslation();
  const { held, working, attempts, last_reply } = entry;
  return (
    <>
      {held ? (
        <Status kind="plain">{t("queue.is.held")}</Status>
      ) : working ? (
        <Status kind="accent">{t("queue.is.working")}</Status>
      ) : attempts > 0 ? (
        <Status kind="warning">{t("queue.is.deferred")}</Status>
      ) : (
        <Status kind="good">{t("queue.is.new")}</Status>
      )}
      {last_reply && <Small>{last_reply}</Small>}
    </>
  );
}
