/** A form of settings: groups of fields, what is not saved, saving as a whole, and the way back. */
import type { Field, Settings, SettingsPage } from "@shared/api/types";
import { useUnsaved } from "@shared/components/guard";
import { Section } from "@shared/components/Page";
import { Notice } from "@shared/components/states";
import { type ReactNode, useMemo } from "react";
import { useTranslation } from "react-i18next";
import { Doors } from "./Doors";
import { type Changes, currentOf, useDraft } from "./draft";
import { type Group, grouped } from "./groups";
import { SaveBar } from "./SaveBar";
import { SettingField } from "./SettingField";
import styles from "./settings.module.css";
import type { FieldSlot } from "./slot";
import { useSave } from "./useSave";

interface SettingsFormProps {
  settings: Settings;
  page: SettingsPage;
  /** Fields that have a control of their own. */
  instead?: Readonly<Record<string, (slot: FieldSlot) => ReactNode>> | undefined;
  /** Of the fields that have no group. */
  title?: string;
  /** What the changes would do, shown before they are saved. */
  outlook?: (changes: Changes) => ReactNode;
}

const ADVANCED = new Set([
  "imap_pop3.max_connections",
  "imap_pop3.secure_networks",
  "smtp.max_hops",
  "smtp.login_on_mx",
  "smtp.relay_networks",
  "relay.authorities",
  "relay.policy_port",
  "relay.port",
  "relay.private_addresses",
  "relay.connections_per_host",
  "relay.connections",
  "relay.messages_per_connection",
]);

const isDoor = (field: Field) => /\.(enabled|port)$/.test(field.path) && field.path.split(".").length === 3;
const doorOf = (field: Field) => field.path.replace(/\.[^.]+$/, "");

export function SettingsForm({ settings, page, instead, outlook, title: ofPage }: SettingsFormProps) {
  const { t } = useTranslation();
  // where there is one choice there is nothing to choose
  const fields = useMemo(() => page.fields.filter(({ options }) => options.length !== 1), [page.fields]);
  const draft = useDraft(fields);
  const count = Object.keys(draft.changes).length;
  useUnsaved(count > 0);
  const save = useSave(settings.version, draft);
  const parts = useMemo(() => split(fields), [fields]);
  const slot = (field: Field): FieldSlot => ({
    field,
    value: currentOf(field, draft.changes),
    error: draft.errors[field.path],
    onChange: (value) => draft.set(field.path, value),
  });
  const show = (field: Field) => {
    const own = instead?.[field.path];
    return own ? <div key={field.path}>{own(slot(field))}</div> : <SettingField key={field.path} {...slot(field)} />;
  };
  return (
    <form
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault();
        void save.run();
      }}
      noValidate
    >
      {parts.doors.length > 0 && (
        <Section title={t("settings.doors")}>
          <Doors doors={parts.doors.map((door) => door.map(slot))} />
        </Section>
      )}
      {parts.groups.map(({ name, title, fields: inside }) => (
        <Section key={name} title={name ? t(`settings.group.${name}`, { defaultValue: title }) : ofPage}>
          <div className={styles.fields}>{inside.map(show)}</div>
        </Section>
      ))}
      {parts.advanced.length > 0 && (
        <Section title={t("settings.advanced")}>
          <div className={styles.fields}>{parts.advanced.map(show)}</div>
        </Section>
      )}
      {outlook?.(draft.changes)}
      {draft.warnings.map((warning) => (
        <Notice key={warning} kind="warning">
          {warning}
        </Notice>
      ))}
      <SaveBar fields={fields} draft={draft} busy={save.busy} />
    </form>
  );
}

/** Doors (a switch and a port) first, then the groups, then what few need. */
function split(fields: readonly Field[]): { doors: Field[][]; groups: Group[]; advanced: Field[] } {
  const doors = new Map<string, Field[]>();
  const others: Field[] = [];
  const advanced: Field[] = [];
  for (const field of fields) {
    if (isDoor(field)) doors.set(doorOf(field), [...(doors.get(doorOf(field)) ?? []), field]);
    else if (ADVANCED.has(field.path)) advanced.push(field);
    else others.push(field);
  }
  return { doors: [...doors.values()], groups: grouped(others), advanced };
}
