/** A certificate of one's own: examined while it is pasted, kept when it is found good. */
import { api } from "@shared/api/client";
import { Problem } from "@shared/api/problem";
import { useChange } from "@shared/api/queries";
import type { Certificate } from "@shared/api/security";
import { useSay } from "@shared/components/ask";
import { Button } from "@shared/components/Button";
import { FormDialog } from "@shared/components/Dialog";
import { TextInput } from "@shared/components/fields";
import { Facts } from "@shared/components/Page";
import { Notice } from "@shared/components/states";
import { useFormat } from "@shared/i18n/format";
import { useEffect, useState } from "react";
import { FileTrigger } from "react-aria-components/FileTrigger";
import { useTranslation } from "react-i18next";

const REST = 400;
type Checked = Pick<Certificate, "names" | "issuer" | "not_after" | "key" | "problems">;

export function UploadCertificate({ isOpen, onClose }: { isOpen: boolean; onClose: () => void }) {
  const { t } = useTranslation();
  const say = useSay();
  const [chain, setChain] = useState("");
  const [key, setKey] = useState("");
  const [name, setName] = useState("");
  const { checked, errors } = useCheck(chain, key);
  const add = useChange(
    () => api.post<Certificate>("/certificates", { chain, key, ...(name.trim() ? { name: name.trim() } : {}) }),
    ["/certificates", "/overview"],
  );
  return (
    <FormDialog
      wide
      title={t("certificates.upload")}
      submit={t("certificates.keep")}
      isOpen={isOpen}
      onClose={() => {
        setChain("");
        setKey("");
        setName("");
        onClose();
      }}
      onSubmit={async () => say({ text: t("certificates.kept", { name: (await add.mutateAsync(undefined)).name }) })}
      ready={checked !== null}
    >
      <Pem
        label={t("certificates.chain")}
        help={t("certificates.chain_help")}
        value={chain}
        onChange={setChain}
        error={errors.chain}
      />
      <Pem
        label={t("certificates.private_key")}
        help={t("certificates.private_key_help")}
        value={key}
        onChange={setKey}
        error={errors.key}
      />
      <TextInput
        name="name"
        label={t("certificates.name")}
        help={t("certificates.name_help")}
        value={name}
        onChange={setName}
        maxLength={63}
      />
      {errors[""] && <Notice kind="bad">{errors[""]}</Notice>}
      {checked && <Found checked={checked} />}
    </FormDialog>
  );
}

function Found({ checked }: { checked: Checked }) {
  const { t } = useTranslation();
  const format = useFormat();
  return (
    <>
      <Notice kind={checked.problems.length > 0 ? "warning" : "good"}>
        {checked.problems.length > 0 ? checked.problems.join("; ") : t("certificates.good")}
      </Notice>
      <Facts
        of={[
          [t("certificates.names"), checked.names.join(", ")],
          [t("certificates.issuer"), checked.issuer],
          [t("certificates.valid"), checked.not_after === null ? "–" : format.day(checked.not_after)],
          [t("certificates.key"), checked.key],
        ]}
      />
    </>
  );
}

interface PemProps {
  label: string;
  help: string;
  value: string;
  onChange: (text: string) => void;
  error: string | undefined;
}

function Pem({ label, help, value, onChange, error }: PemProps) {
  const { t } = useTranslation();
  return (
    <div>
      <TextInput
        label={label}
        help={help}
        mono
        rows={5}
        placeholder="-----BEGIN …-----"
        value={value}
        onChange={onChange}
        error={error}
      />
      <FileTrigger
        onSelect={async (files) => {
          const file = files?.[0];
          if (file) onChange(await file.text());
        }}
      >
        <Button small look="quiet" icon="upload" label={t("certificates.file_of", { label })}>
          {t("certificates.file")}
        </Button>
      </FileTrigger>
    </div>
  );
}

/** The server's judgement of what was pasted. */
function useCheck(chain: string, key: string): { checked: Checked | null; errors: Record<string, string> } {
  const [checked, setChecked] = useState<Checked | null>(null);
  const [errors, setErrors] = useState<Record<string, string>>({});
  useEffect(() => {
    setChecked(null);
    setErrors({});
    if (!chain.trim() || !key.trim()) return undefined;
    const stop = new AbortController();
    const timer = setTimeout(async () => {
      try {
        setChecked(await api.post<Checked>("/certificates/check", { chain, key }, { signal: stop.signal }));
      } catch (error) {
        if (!(error instanceof Problem)) return;
        const known = Object.fromEntries(Object.entries(error.fields).filter(([field]) => /^(chain|key)$/.test(field)));
        setErrors(Object.keys(known).length > 0 ? known : { "": error.message });
      }
    }, REST);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [chain, key]);
  return { checked, errors };
}
