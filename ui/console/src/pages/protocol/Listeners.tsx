/** Which doors are open now, and why one is not. */
import { type List, useRead } from "@shared/api/queries";
import type { ListenerState } from "@shared/api/types";
import { Notice, Status } from "@shared/components/states";
import { useTranslation } from "react-i18next";
import styles from "./settings.module.css";

const EVERY = 5000;

/** One for each door and port: IPv4 and IPv6 are sockets of their own, which only a fault tells apart. */
function byPort(sockets: readonly ListenerState[]): ListenerState[] {
  const doors = new Map<string, ListenerState>();
  for (const socket of sockets) {
    const key = `${socket.name} ${socket.port}`;
    const before = doors.get(key);
    if (!before || socket.error) doors.set(key, socket);
  }
  return [...doors.values()];
}

export function Listeners({ names }: { names: readonly string[] }) {
  const { t } = useTranslation();
  const listeners = useRead<List<ListenerState>>("/listeners", { every: EVERY });
  const shown = byPort((listeners.data?.items ?? []).filter(({ name }) => names.includes(name)));
  if (shown.length === 0) return null;
  const failed = shown.filter(({ error }) => error);
  return (
    <aside className={styles.aside} aria-label={t("listeners.label")}>
      <h3>{t("listeners.label")}</h3>
      <ul className={styles.listeners}>
        {shown.map((listener) => (
          <li key={`${listener.name} ${listener.address} ${listener.port}`}>
            <Status kind={listener.error ? "bad" : listener.open ? "good" : "plain"}>
              {t(`listener.${listener.name}`, { defaultValue: listener.title })}
            </Status>
            <span>{listener.open ? t("listeners.open", { port: String(listener.port) }) : t("listeners.closed")}</span>
          </li>
        ))}
      </ul>
      {failed.map((listener) => (
        <Notice key={`${listener.name} ${listener.port}`} kind="bad">
          {listener.error}
        </Notice>
      ))}
    </aside>
  );
}
