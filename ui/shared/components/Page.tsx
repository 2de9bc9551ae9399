/** The frame of every page: title, what it is for, actions, sections, tabs, facts. */
import { type ReactNode, useEffect, useId, useRef } from "react";
import { useTranslation } from "react-i18next";
import { Link, useLocation } from "wouter";
import { useSay } from "./ask";
import { Button } from "./Button";
import { Icon } from "./Icon";
import styles from "./Page.module.css";

interface PageProps {
  title: string;
  lead?: ReactNode;
  actions?: ReactNode;
  back?: { to: string; title: string };
  narrow?: boolean;
  children: ReactNode;
}

/** A new page takes the focus to its title, so that a screen reader says where one is. */
export function Page({ title, lead, actions, back, narrow, children }: PageProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${title} · Postroom`;
  }, [title]);
  useEffect(() => {
    const root = document.documentElement;
    const isFirst = root.dataset.opened === undefined;
    root.dataset.opened = "";
    const active = document.activeElement;
    if (isFirst) return; // the browser has just read the page from its beginning
    if (!active || active === document.body || active.closest("nav")) heading.current?.focus({ preventScroll: true });
  }, []);
  return (
    <div className={`${styles.page} ${narrow ? styles.narrow : ""}`}>
      <header className={styles.header}>
        <div className={styles.titles}>
          {back && (
            <Link href={back.to} className={styles.back}>
              <Icon name="left" size={14} />
              {back.title}
            </Link>
          )}
          <h1 ref={heading} tabIndex={-1}>
            {title}
          </h1>
          {lead && <p className={styles.lead}>{lead}</p>}
        </div>
        {actions && <div className={styles.actions}>{actions}</div>}
      </header>
      {children}
    </div>
  );
}

interface SectionProps {
  title?: string;
  text?: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
  bare?: boolean;
}

export function Section({ title, text, actions, children, bare }: SectionProps) {
  const id = useId();
  return (
    <section className={`${styles.section} ${bare ? styles.bare : ""}`} aria-labelledby={title ? id : undefined}>
      {(title || actions) && (
        <div className={styles.sectionHead}>
          <div>
            {title && <h2 id={id}>{title}</h2>}
            {text && <p>{text}</p>}
          </div>
          {actions && <div className={styles.actions}>{actions}</div>}
        </div>
      )}
      {children}
    </section>
  );
}

export function Columns({ children }: { children: ReactNode }) {
  return <div className={styles.columns}>{children}</div>;
}

export function Stack({ children }: { children: ReactNode }) {
  return <div className={styles.stack}>{children}</div>;
}

export function Row({ children }: { children: ReactNode }) {
  return <div className={styles.row}>{children}</div>;
}

export function Facts({ of }: { of: readonly (readonly [string, ReactNode])[] }) {
  return (
    <dl className={styles.facts}>
      {of.map(([name, value]) => [<dt key={name}>{name}</dt>, <dd key={`${name} value`}>{value ?? "–"}</dd>])}
    </dl>
  );
}

export interface Tab {
  to: string;
  title: string;
}

const EDGE = 48; // pixels, so that the tab before it looks out

/** Tabs that are pages of their own, with addresses of their own. */
export function Tabs({ label, tabs }: { label: string; tabs: readonly Tab[] }) {
  const [location] = useLocation();
  const bar = useRef<HTMLElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another place, another tab
  useEffect(() => {
    const here = bar.current?.querySelector<HTMLElement>("[aria-current]");
    if (here && bar.current) bar.current.scrollLeft = here.offsetLeft - bar.current.offsetLeft - EDGE;
  }, [location]);
  return (
    <nav ref={bar} className={styles.tabs} aria-label={label}>
      {tabs.map((tab) => (
        <Link key={tab.to} href={tab.to} className={styles.tab} aria-current={location === tab.to ? "page" : undefined}>
          {tab.title}
        </Link>
      ))}
    </nav>
  );
}

/** Something to carry elsewhere, with a button that copies it. */
export function Copyable({ text, label }: { text: string; label: string }) {
  const { t } = useTranslation();
  const say = useSay();
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      say({ text: t("copy.done", { label }) });
    } catch {
      say({ kind: "bad", text: t("copy.failed") });
    }
  };
  return (
    <div className={styles.code}>
      <code>{text}</code>
      <Button small look="quiet" icon="copy" label={t("copy.do", { label })} onPress={() => void copy()} />
    </div>
  );
}
