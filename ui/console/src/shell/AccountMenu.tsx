/** Who is logged in: own account, language, look, logging out. */
import { api } from "@shared/api/client";
import { useSayProblem } from "@shared/components/ask";
import { guard } from "@shared/components/guard";
import { Menu } from "@shared/components/Menu";
import { isLanguage, LANGUAGES } from "@shared/i18n/setup";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Button } from "react-aria-components/Button";
import { useTranslation } from "react-i18next";
import { useLocation } from "wouter";
import { languages } from "../languages";
import styles from "./Frame.module.css";
import { take, useSession } from "./session";
import { chosenTheme, setTheme, THEMES } from "./theme";

export function AccountMenu({ onGo }: { onGo?: (() => void) | undefined }) {
  const { t, i18n } = useTranslation();
  const { account } = useSession();
  const [, navigate] = useLocation();
  const [theme, remember] = useState(chosenTheme);
  const queries = useQueryClient();
  const sayProblem = useSayProblem();
  const leave = async () => {
    if (!(await guard.mayLeave())) return;
    try {
      await api.delete("/session");
      queries.clear();
      take(queries, null);
      location.assign("/console/");
    } catch (error) {
      sayProblem(error);
    }
  };
  const name = account.display_name || account.address;
  return (
    <Menu
      label={t("me.menu")}
      parts={[
        {
          entries: [
            {
              id: "account",
              title: t("me.account"),
              run: () => {
                onGo?.();
                navigate("/account");
              },
            },
          ],
        },
        {
          title: t("me.language"),
          entries: Object.entries(LANGUAGES).map(([id, title]) => ({
            id,
            title,
            chosen: i18n.resolvedLanguage === id,
            run: () => {
              if (!isLanguage(id)) return;
              languages.keep(id);
              void languages.choose(id);
            },
          })),
        },
        {
          title: t("me.theme"),
          entries: THEMES.map((id) => ({
            id,
            title: t(`me.theme.${id}`),
            chosen: theme === id,
            run: () => {
              setTheme(id);
              remember(id);
            },
          })),
        },
        { entries: [{ id: "leave", title: t("me.leave"), run: () => void leave() }] },
      ]}
    >
      <Button className={styles.me ?? ""}>
        <span className={styles.initial} aria-hidden="true">
          {[...name][0]?.toUpperCase()}
        </span>
        <span>
          <strong>{name}</strong>
          <small>{account.address}</small>
          <span className="visually-hidden">{t("me.menu")}</span>
        </span>
      </Button>
    </Menu>
  );
}
