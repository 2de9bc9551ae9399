/** A new account. */
import { api } from "@shared/api/client";
import type { Account } from "@shared/api/directory";
import { useChange } from "@shared/api/queries";
import type { Role } from "@shared/api/types";
import { useSay } from "@shared/components/ask";
import { Button } from "@shared/components/Button";
import { FormDialog } from "@shared/components/Dialog";
import { Choice, TextInput } from "@shared/components/fields";
import { SizeInput } from "@shared/components/SizeInput";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useIsAdministrator } from "../../shell/session";
import { newPassword } from "./password";
import { useRoleOptions } from "./roles";
import styles from "./users.module.css";

interface AddUserProps {
  isOpen: boolean;
  onClose: () => void;
  domains: readonly string[];
  domain: string;
}

const EMPTY = { local: "", name: "", password: "", role: "user" as Role, quota: null as number | null, domain: "" };

export function AddUser({ isOpen, onClose, domains, domain }: AddUserProps) {
  const { t } = useTranslation();
  const say = useSay();
  const [values, setValues] = useState(EMPTY);
  const isAdministrator = useIsAdministrator();
  const roles = useRoleOptions();
  const chosen = values.domain || domain || domains[0] || "";
  const add = useChange(
    (form: Record<string, unknown>) => api.post<Account>("/accounts", form),
    ["/accounts", "/domains", "/overview"],
  );
  const set = <K extends keyof typeof EMPTY>(name: K, value: (typeof EMPTY)[K]) =>
    setValues((before) => ({ ...before, [name]: value }));
  const close = () => {
    setValues(EMPTY);
    onClose();
  };
  const send = async () => {
    const local = values.local.trim();
    const account = await add.mutateAsync({
      address: local.includes("@") ? local : `${local}@${chosen}`,
      display_name: values.name.trim(),
      ...(values.password ? { password: values.password } : {}),
      ...(isAdministrator ? { role: values.role } : {}),
      ...(values.quota === null ? {} : { quota: values.quota }),
    });
    say({ text: t("users.added", { name: account.address }) });
  };
  return (
    <FormDialog title={t("users.add")} submit={t("do.add")} isOpen={isOpen} onClose={close} onSubmit={send}>
      <TextInput
        name="display_name"
        label={t("users.name")}
        value={values.name}
        onChange={(text) => set("name", text)}
        autoFocus
        maxLength={200}
      />
      <div className={styles.pair}>
        <TextInput
          name="address"
          label={t("users.local_part")}
          help={t("users.local_part_help")}
          value={values.local}
          onChange={(text) => set("local", text)}
          maxLength={320}
        />
        <Choice
          label={t("users.domain")}
          help={" "}
          value={chosen}
          onChange={(name) => set("domain", name)}
          options={domains.map((name) => ({ value: name, title: `@${name}` }))}
        />
      </div>
      <PasswordInput
        value={values.password}
        onChange={(text) => set("password", text)}
        help={t("users.password_help")}
      />
      {isAdministrator && (
        <Choice
          name="role"
          label={t("users.role")}
          help={t(`role.${values.role}.help`)}
          value={values.role}
          onChange={(role) => set("role", role as Role)}
          options={roles}
        />
      )}
      <SizeInput
        name="quota"
        label={t("users.quota")}
        help={t("users.quota_new_help")}
        value={values.quota}
        onChange={(quota) => set("quota", quota)}
      />
    </FormDialog>
  );
}

interface PasswordInputProps {
  value: string;
  onChange: (text: string) => void;
  help?: string;
  error?: string | undefined;
}

/** Typed, or made; a made one is shown, so that it can be passed on. */
export function PasswordInput({ value, onChange, help, error }: PasswordInputProps) {
  const { t } = useTranslation();
  const [isShown, setShown] = useState(false);
  return (
    <div className={styles.pair}>
      <TextInput
        name="password"
        label={t("login.password")}
        type={isShown ? "text" : "password"}
        mono={isShown}
        value={value}
        onChange={onChange}
        help={help}
        error={error}
        autoComplete="new-password"
        maxLength={1024}
      />
      <Button
        onPress={() => {
          onChange(newPassword());
          setShown(true);
        }}
      >
        {t("users.make_password")}
      </Button>
    </div>
  );
}
