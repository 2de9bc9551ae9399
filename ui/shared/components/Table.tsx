/** A table of a server's list: search, order, pages, selection; cards on narrow screens. */
import type { UseQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type { Problem } from "../api/problem";
import type { List, ListState } from "../api/queries";
import { useFormat } from "../i18n/format";
import { Button } from "./Button";
import { Check, SearchBox } from "./fields";
import { Icon } from "./Icon";
import { Empty, Read } from "./states";
import styles from "./Table.module.css";

export interface Column<T> {
  name: string;
  title: string;
  show: (item: T) => ReactNode;
  /** The server can order by it. */
  sorts?: boolean;
  end?: boolean;
  /** Names the row. One column does. */
  head?: boolean;
}

export interface Selection<T> {
  chosen: ReadonlySet<string>;
  choose: (next: ReadonlySet<string>) => void;
  name: (item: T) => string;
}

interface RowsProps<T> {
  label: string;
  items: readonly T[];
  columns: readonly Column<T>[];
  keyOf: (item: T) => string;
  state?: ListState;
  actions?: (item: T) => ReactNode;
  selection?: Selection<T>;
  plain?: boolean;
  stale?: boolean;
}

export function Rows<T>({ label, items, columns, keyOf, state, actions, selection, plain, stale }: RowsProps<T>) {
  const { t } = useTranslation();
  const keys = items.map(keyOf);
  const isAll = keys.length > 0 && keys.every((key) => selection?.chosen.has(key));
  const isSome = keys.some((key) => selection?.chosen.has(key));
  const toggle = (key: string, yes: boolean) => {
    const next = new Set(selection?.chosen);
    if (yes) next.add(key);
    else next.delete(key);
    selection?.choose(next);
  };
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reached by keyboard
    <div className={`${styles.box} ${plain ? styles.plain : ""}`} tabIndex={0} role="group" aria-label={label}>
      <table className={`${styles.table} ${styles.cards} ${stale ? styles.stale : ""}`} role="table" aria-label={label}>
        <thead role="rowgroup">
          <tr role="row">
            {selection && (
              <th className={styles.slim} role="columnheader" scope="col">
                <Check
                  bare
                  label={t("table.all")}
                  value={isAll}
                  partly={isSome && !isAll}
                  onChange={(yes) => selection.choose(new Set(yes ? keys : []))}
                />
              </th>
            )}
            {columns.map((column) => (
              <Heading key={column.name} column={column} state={state} />
            ))}
            {actions && (
              <th className={styles.slim} role="columnheader" scope="col">
                <span className="visually-hidden">{t("table.actions")}</span>
              </th>
            )}
          </tr>
        </thead>
        <tbody role="rowgroup">
          {items.map((item) => {
            const key = keyOf(item);
            const isChosen = selection?.chosen.has(key) ?? false;
            return (
              <tr
                key={key}
                role="row"
                data-selected={isChosen || undefined}
                data-selectable={selection ? true : undefined}
              >
                {selection && (
                  <td className={styles.slim} role="cell">
                    <Check
                      bare
                      label={t("table.choose", { name: selection.name(item) })}
                      value={isChosen}
                      onChange={(yes) => toggle(key, yes)}
                    />
                  </td>
                )}
                {columns.map((column) =>
                  column.head ? (
                    <th key={column.name} role="rowheader" scope="row">
                      <div>{column.show(item)}</div>
                    </th>
                  ) : (
                    <td
                      key={column.name}
                      role="cell"
                      className={column.end ? styles.end : undefined}
                      data-title={column.title}
                    >
                      <div>{column.show(item) ?? "–"}</div>
                    </td>
                  ),
                )}
                {actions && (
                  <td className={`${styles.slim} ${styles.rowActions}`} role="cell">
                    {actions(item)}
                  </td>
                )}
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

function Heading<T>({ column, state }: { column: Column<T>; state?: ListState | undefined }) {
  const isUp = state?.sort === column.name;
  const isDown = state?.sort === `-${column.name}`;
  const order = isUp ? "ascending" : isDown ? "descending" : "none";
  return (
    <th
      role="columnheader"
      scope="col"
      className={column.end ? styles.end : undefined}
      aria-sort={column.sorts && state ? order : undefined}
    >
      {column.sorts && state ? (
        <button
          type="button"
          className={styles.sort}
          data-active={isUp || isDown || undefined}
          onClick={() => state.set({ sort: isUp ? `-${column.name}` : column.name })}
        >
          {column.title}
          {(isUp || isDown) && <Icon name={isUp ? "up" : "down"} size={14} />}
        </button>
      ) : (
        column.title
      )}
    </th>
  );
}

interface TableProps<T> extends Omit<RowsProps<T>, "items" | "state" | "stale"> {
  from: UseQueryResult<List<T>, Problem>;
  state: ListState;
  /** What is searched, as the placeholder says; none where the list has no search. */
  search?: string;
  tools?: ReactNode;
  /** What is done with the chosen ones. */
  withChosen?: ReactNode;
  empty: { title: string; text?: string; action?: ReactNode };
}

export function Table<T>({ from, state, search, tools, withChosen, empty, ...rows }: TableProps<T>) {
  const { t } = useTranslation();
  const chosen = rows.selection?.chosen.size ?? 0;
  return (
    <>
      {(search || tools) && (
        <div className={styles.tools}>
          {search && <SearchBox label={search} value={state.search} onChange={(text) => state.set({ search: text })} />}
          {tools}
        </div>
      )}
      {chosen > 0 && (
        <div className={styles.selected}>
          <span>{t("table.chosen", { count: chosen })}</span>
          <span className={styles.spring} />
          {withChosen}
        </div>
      )}
      <Read from={from}>
        {({ items, total }) =>
          items.length === 0 ? (
            state.search ? (
              <Empty title={t("table.nothing", { search: state.search })}>
                <Button onPress={() => state.set({ search: "" })}>{t("table.clear")}</Button>
              </Empty>
            ) : (
              <Empty title={empty.title} text={empty.text}>
                {empty.action}
              </Empty>
            )
          ) : (
            <>
              <Rows {...rows} items={items} state={state} stale={from.isPlaceholderData} />
              <Pager total={total} shown={items.length} state={state} />
            </>
          )
        }
      </Read>
    </>
  );
}

function Pager({ total, shown, state }: { total: number; shown: number; state: ListState }) {
  const { t } = useTranslation();
  const format = useFormat();
  const from = format.number(state.offset + 1);
  const to = format.number(state.offset + shown);
  return (
    <div className={styles.pager}>
      <span role="status">{t("table.range", { from, to, total: format.number(total) })}</span>
      {(state.offset > 0 || total > state.limit) && (
        <div>
          <Button
            small
            icon="left"
            disabled={state.offset === 0}
            onPress={() => state.set({ offset: Math.max(0, state.offset - state.limit) })}
          >
            {t("table.before")}
          </Button>
          <Button
            small
            icon="right"
            disabled={state.offset + shown >= total}
            onPress={() => state.set({ offset: state.offset + state.limit })}
          >
            {t("table.after")}
          </Button>
        </div>
      )}
    </div>
  );
}

/** Text of the second rank within a cell. */
export function Small({ children }: { children: ReactNode }) {
  return <div className={styles.small}>{children}</div>;
}
