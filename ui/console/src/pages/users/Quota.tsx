/** How much of its quota an account uses. */
import type { Account } from "@shared/api/directory";
import { Progress } from "@shared/components/states";
import { Small } from "@shared/components/Table";
import { useFormat } from "@shared/i18n/format";
import { useTranslation } from "react-i18next";
import styles from "./users.module.css";

const NEARLY = 0.9;

export function Quota({ account }: { account: Account }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { used, quota, messages } = account;
  if (used === null) return <>–</>;
  const part = quota ? used / quota : 0;
  return (
    <div className={styles.quota}>
      {quota
        ? t("users.used_of", { used: format.size(used), quota: format.size(quota) })
        : t("users.used", { used: format.size(used) })}
      {quota ? (
        <Progress
          quiet
          label={t("users.storage_of", { name: account.address })}
          part={part}
          kind={part >= 1 ? "bad" : part > NEARLY ? "warning" : "plain"}
        />
      ) : (
        messages !== null && <Small>{t("users.messages", { count: messages })}</Small>
      )}
    </div>
  );
}
