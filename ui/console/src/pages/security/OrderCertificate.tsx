/** An order of a certificate by ACME: for which names, and how it is shown that they are ours. */
import { api } from "@shared/api/client";
import { useChange } from "@shared/api/queries";
import type { Acme } from "@shared/api/security";
import { useSay } from "@shared/components/ask";
import { FormDialog } from "@shared/components/Dialog";
import { Check, Choice, TextInput } from "@shared/components/fields";
import { useState } from "react";
import { useTranslation } from "react-i18next";

interface OrderProps {
  acme: Acme;
  isOpen: boolean;
  onClose: () => void;
}

export function OrderCertificate({ acme, isOpen, onClose }: OrderProps) {
  const { t } = useTranslation();
  const say = useSay();
  const [names, setNames] = useState("");
  const [challenge, setChallenge] = useState(acme.challenges[0] ?? "http-01");
  const [email, setEmail] = useState(acme.email);
  const [agree, setAgree] = useState(false);
  const list = names.split(/[\s,;]+/).filter(Boolean);
  const order = useChange(
    () =>
      api.post("/acme/orders", {
        names: list,
        challenge,
        agree,
        ...(email.trim() && email.trim() !== acme.email ? { email: email.trim() } : {}),
      }),
    ["/certificates", "/acme"],
  );
  return (
    <FormDialog
      title={t("certificates.order")}
      submit={t("certificates.order_do")}
      isOpen={isOpen}
      onClose={onClose}
      onSubmit={async () => {
        await order.mutateAsync(undefined);
        setNames("");
        say({ text: t("certificates.ordered") });
      }}
      ready={agree && list.length > 0}
    >
      <TextInput
        name="names"
        label={t("certificates.names")}
        help={t("certificates.order_names_help")}
        rows={3}
        value={names}
        onChange={setNames}
        autoFocus
      />
      <Choice
        name="challenge"
        label={t("certificates.challenge")}
        help={t(`certificates.challenge.${challenge}`)}
        value={challenge}
        onChange={setChallenge}
        options={acme.challenges.map((one) => ({ value: one, title: one.toUpperCase() }))}
      />
      <TextInput
        name="email"
        type="email"
        label={t("certificates.email")}
        help={t("certificates.email_help")}
        value={email}
        onChange={setEmail}
        maxLength={254}
      />
      <Check label={t("certificates.agree", { directory: acme.directory })} value={agree} onChange={setAgree} />
    </FormDialog>
  );
}
