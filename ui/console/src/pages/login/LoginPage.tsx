/** Logging in: address and password, then a code where the account has a second factor. */

import { Logo } from "@console/shell/Logo";
import { api } from "@shared/api/client";
import { Problem } from "@shared/api/problem";
import { useRead } from "@shared/api/queries";
import type { Service, Session } from "@shared/api/types";
import { Button } from "@shared/components/Button";
import { TextInput } from "@shared/components/fields";
import { Notice } from "@shared/components/states";
import { useProblemText } from "@shared/components/useProblemText";
import { useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { SESSION, take } from "../../shell/session";
import { LanguageLinks } from "./LanguageLinks";
import styles from "./login.module.css";

export function LoginPage({ last }: { last: string }) {
  const { t } = useTranslation();
  const service = useRead<Service>("/service");
  const [login, setLogin] = useState(last);
  const [password, setPassword] = useState("");
  const [code, setCode] = useState("");
  const [wantsCode, setWantsCode] = useState(false);
  const { send, busy, problem, wait } = useLogin(() => setWantsCode(true));
  const say = useProblemText();

  useEffect(() => {
    document.title = `${t("login.title")} · Postroom`;
  }, [t]);

  const submit = (event: FormEvent) => {
    event.preventDefault();
    void send({ login: login.trim(), password, ...(wantsCode ? { code: code.replaceAll(" ", "") } : {}) });
  };
  const isWrong = problem?.status === 401;
  return (
    <main className={styles.page}>
      <div className={styles.box}>
        <div className={styles.head}>
          <Logo size={40} />
          <h1>{t("login.title")}</h1>
          <p>{service.data?.server_name}</p>
        </div>
        {last && !problem && <Notice>{t("login.ended")}</Notice>}
        {wait > 0 && <Notice kind="bad">{t("login.wait", { count: wait })}</Notice>}
        {problem && wait === 0 && (
          <Notice kind="bad">{isWrong ? t(wantsCode ? "login.wrong_code" : "login.wrong") : say(problem)}</Notice>
        )}
        <form onSubmit={submit}>
          {wantsCode ? (
            <TextInput
              label={t("login.code")}
              help={t("login.code_help")}
              value={code}
              onChange={setCode}
              autoComplete="one-time-code"
              autoFocus
              mono
              maxLength={40}
            />
          ) : (
            <>
              <TextInput
                label={t("login.login")}
                value={login}
                onChange={setLogin}
                autoComplete="username"
                autoFocus={!last}
                maxLength={320}
              />
              <TextInput
                label={t("login.password")}
                type="password"
                value={password}
                onChange={setPassword}
                autoComplete="current-password"
                autoFocus={last !== ""}
                maxLength={1024}
              />
            </>
          )}
          <Button
            type="submit"
            look="primary"
            busy={busy}
            disabled={wait > 0 || login.trim() === "" || password === "" || (wantsCode && code.trim() === "")}
          >
            {t("login.do")}
          </Button>
          {wantsCode && (
            <Button
              look="quiet"
              onPress={() => {
                setWantsCode(false);
                setCode("");
                setPassword("");
              }}
            >
              {t("login.other")}
            </Button>
          )}
        </form>
      </div>
      <LanguageLinks />
    </main>
  );
}

interface Credentials {
  login: string;
  password: string;
  code?: string;
}

/** Sends a login; a wait that the server wishes is counted down. */
function useLogin(wantCode: () => void) {
  const queries = useQueryClient();
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [wait, setWait] = useState(0);
  useEffect(() => {
    if (wait <= 0) return undefined;
    const timer = setTimeout(() => setWait(wait - 1), 1000);
    return () => clearTimeout(timer);
  }, [wait]);
  const send = async (credentials: Credentials) => {
    setBusy(true);
    setProblem(null);
    try {
      take(queries, await api.post<Session>("/session", credentials));
      await queries.invalidateQueries({ predicate: ({ queryKey: [path] }) => path !== SESSION[0] });
    } catch (error) {
      const found = error instanceof Problem ? error : new Problem(0);
      if (found.type === "/problems/second-factor" && credentials.code === undefined) wantCode();
      else setProblem(found);
      if (found.status === 429) setWait(found.retryAfter || 30);
    } finally {
      setBusy(false);
    }
  };
  return { send, busy, problem, wait };
}
