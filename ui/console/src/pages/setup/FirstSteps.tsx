/** Name of the server, first domain, administrator. */
import { api } from "@shared/api/client";
import { TextInput } from "@shared/components/fields";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { PasswordInput } from "../users/AddUser";
import { StepForm } from "./StepForm";
import type { StepProps } from "./steps";

export function NameStep({ state, next }: StepProps) {
  const { t } = useTranslation();
  const [name, setName] = useState(state.server_name === "localhost.localdomain" ? "" : state.server_name);
  return (
    <StepForm
      title={t("setup.step.name")}
      text={t("setup.name_text")}
      ready={name.trim() !== ""}
      onSubmit={async () => {
        if (name.trim() !== state.server_name) {
          await api.patch("/settings", { changes: { "smtp.server_name": name.trim() } });
        }
        await next();
      }}
    >
      <TextInput
        name="smtp.server_name"
        label={t("setup.name")}
        help={t("setup.name_help")}
        value={name}
        onChange={setName}
        autoFocus
        maxLength={255}
      />
    </StepForm>
  );
}

export function DomainStep({ state, next }: StepProps) {
  const { t } = useTranslation();
  const [domain, setDomain] = useState(state.domain || state.server_name.split(".").slice(1).join("."));
  return (
    <StepForm
      title={t("setup.step.domain")}
      text={t("setup.domain_text")}
      ready={domain.trim() !== ""}
      onSubmit={async () => {
        if (!state.domain) await api.post("/domains", { name: domain.trim() });
        await next();
      }}
    >
      <TextInput
        name="name"
        label={t("domains.name")}
        help={t("domains.name_help")}
        value={domain}
        onChange={setDomain}
        disabled={state.domain !== ""}
        autoFocus
        maxLength={255}
      />
    </StepForm>
  );
}

export function AdministratorStep({ state, next }: StepProps) {
  const { t } = useTranslation();
  const [name, setName] = useState("");
  const [address, setAddress] = useState(state.domain ? `postmaster@${state.domain}` : "");
  const [password, setPassword] = useState("");
  return (
    <StepForm
      title={t("setup.step.administrator")}
      text={t("setup.administrator_text")}
      ready={address.trim() !== "" && password !== ""}
      onSubmit={async () => {
        const account = { address: address.trim(), display_name: name.trim(), password, role: "administrator" };
        if (!state.administrator) await api.post("/accounts", account);
        await next();
      }}
    >
      <TextInput
        name="address"
        label={t("users.address")}
        value={address}
        onChange={setAddress}
        autoFocus
        maxLength={320}
      />
      <TextInput name="display_name" label={t("users.name")} value={name} onChange={setName} maxLength={200} />
      <PasswordInput value={password} onChange={setPassword} help={t("setup.password_help")} />
    </StepForm>
  );
}
