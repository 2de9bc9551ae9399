/** A button with a menu of actions or choices. */
import type { ReactNode } from "react";
import { Header } from "react-aria-components/Header";
import { Menu as AriaMenu, MenuItem, MenuSection, MenuTrigger } from "react-aria-components/Menu";
import { Popover } from "react-aria-components/Popover";
import { Icon } from "./Icon";
import styles from "./overlay.module.css";

export interface MenuEntry {
  id: string;
  title: string;
  run: () => void;
  danger?: boolean;
  /** One of several, and this is the one. */
  chosen?: boolean;
}

export interface MenuPart {
  title?: string;
  entries: MenuEntry[];
}

export function Menu({ label, parts, children }: { label: string; parts: MenuPart[]; children: ReactNode }) {
  const entries = parts.flatMap((part) => part.entries);
  return (
    <MenuTrigger>
      {children}
      <Popover placement="bottom end">
        <AriaMenu
          aria-label={label}
          className={styles.menu ?? ""}
          onAction={(key) => entries.find((entry) => entry.id === key)?.run()}
        >
          {parts
            .filter((part) => part.entries.length > 0)
            .map((part) => (
              <MenuSection
                key={part.entries[0]?.id}
                className={styles.section ?? ""}
                aria-label={part.title ? undefined : label}
              >
                {part.title && <Header className={styles.sectionTitle}>{part.title}</Header>}
                {part.entries.map((entry) => (
                  <MenuItem
                    key={entry.id}
                    id={entry.id}
                    textValue={entry.title}
                    className={styles.item ?? ""}
                    data-danger={entry.danger || undefined}
                    aria-current={entry.chosen || undefined}
                  >
                    {entry.title}
                    {entry.chosen && <Icon name="check" size={16} />}
                  </MenuItem>
                ))}
              </MenuSection>
            ))}
        </AriaMenu>
      </Popover>
    </MenuTrigger>
  );
}
