/** Shows the pages to who is logged in, and the login to everybody else. When a session ends, the page stays as it is
 * beneath the login, so that nothing that was typed is lost. */
import { api } from "@shared/api/client";
import { useRead } from "@shared/api/queries";
import type { Service } from "@shared/api/types";
import { Read } from "@shared/components/states";
import { useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { LoginPage } from "../pages/login/LoginPage";
import { NeedsSetup } from "../pages/setup/NeedsSetup";
import styles from "./gate.module.css";
import { SESSION, SessionContext, take, useSessionQuery } from "./session";

export function SessionGate({ children }: { children: ReactNode }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const session = useSessionQuery();
  const service = useRead<Service>("/service");
  const [last, setLast] = useState(session.data ?? null);
  if (session.data && session.data !== last) setLast(session.data);

  useEffect(() => {
    api.ended = () => {
      if (queries.getQueryData(SESSION)) take(queries, null);
    };
  }, [queries]);

  if (session.data === undefined) {
    return (
      <main className={styles.waiting} aria-label={t("state.loading")}>
        <Read from={session}>{() => null}</Read>
      </main>
    );
  }
  const isOut = session.data === null;
  return (
    <>
      {isOut && (service.data?.needs_setup ? <NeedsSetup /> : <LoginPage last={last?.account.address ?? ""} />)}
      {last && (
        <div hidden={isOut}>
          <SessionContext value={last}>
            <div key={last.account.address}>{children}</div>
          </SessionContext>
        </div>
      )}
    </>
  );
}
