/** Catch-all, how addresses are made, and the usage limits of a domain. */
import { api } from "@shared/api/client";
import type { Domain } from "@shared/api/directory";
import { useChange } from "@shared/api/queries";
import { EditForm } from "@shared/components/EditForm";
import { Choice, TextInput } from "@shared/components/fields";
import { Section } from "@shared/components/Page";
import { SizeInput } from "@shared/components/SizeInput";
import { useTranslation } from "react-i18next";
import { useIsAdministrator } from "../../shell/session";

const FORMATS = ["first.last", "flast", "first", "last.first"] as const;

export function DomainSettings({ domain }: { domain: Domain }) {
  const { t } = useTranslation();
  const isAdministrator = useIsAdministrator();
  const { name, catch_all, address_format, sending_limit, account_quota, largest_attachment } = domain;
  const change = useChange(
    (changes: Record<string, unknown>) => api.patch(`/domains/${encodeURIComponent(name)}`, changes),
    ["/domains", "/accounts"],
  );
  const saved = t("domain.saved", { name });
  return (
    <>
      <Section title={t("domain.addresses")}>
        <EditForm
          from={{ catch_all: catch_all ?? "", address_format }}
          saved={saved}
          save={({ catch_all: address, ...changes }) =>
            change.mutateAsync({
              ...changes,
              ...(address === undefined ? {} : { catch_all: address.trim() || null }),
            })
          }
        >
          {({ values, set, error }) => (
            <>
              <TextInput
                label={t("domains.catch_all")}
                help={t("domain.catch_all_help")}
                value={values.catch_all}
                onChange={(text) => set("catch_all", text)}
                error={error("catch_all")}
                maxLength={320}
              />
              <Choice
                label={t("domain.format")}
                help={t("domain.format_help")}
                value={values.address_format}
                onChange={(format) => set("address_format", format)}
                options={FORMATS.map((format) => ({ value: format, title: t(`domain.format.${format}`) }))}
                error={error("address_format")}
              />
            </>
          )}
        </EditForm>
      </Section>
      {isAdministrator && (
        <Section title={t("domain.limits")} text={t("domain.limits_text")}>
          <EditForm
            from={{ account_quota, largest_attachment, sending_limit }}
            saved={saved}
            save={(changes) => change.mutateAsync(changes)}
          >
            {({ values, set, error }) => (
              <>
                <SizeInput
                  label={t("domain.quota")}
                  help={t("domain.quota_help")}
                  value={values.account_quota}
                  onChange={(octets) => set("account_quota", octets)}
                  error={error("account_quota")}
                />
                <SizeInput
                  label={t("domain.attachment")}
                  help={t("domain.attachment_help")}
                  value={values.largest_attachment}
                  onChange={(octets) => set("largest_attachment", octets)}
                  error={error("largest_attachment")}
                />
                <TextInput
                  label={t("domain.sending")}
                  help={t("domain.sending_help")}
                  unit={t("users.per_day")}
                  short
                  inputMode="numeric"
                  value={String(values.sending_limit ?? "")}
                  onChange={(text) => set("sending_limit", text.trim() === "" ? null : Number(text))}
                  error={error("sending_limit")}
                />
              </>
            )}
          </EditForm>
        </Section>
      )}
      {isAdministrator && (
        <Section title={t("domain.administrators")} text={t("domain.administrators_text")}>
          <EditForm
            from={{ administrators: domain.administrators.join("\n") }}
            saved={saved}
            save={({ administrators = "" }) =>
              change.mutateAsync({ administrators: administrators.split(/[\s,;]+/).filter(Boolean) })
            }
          >
            {({ values, set, error }) => (
              <TextInput
                label={t("domain.administrators")}
                help={t("settings.lines")}
                rows={3}
                value={values.administrators}
                onChange={(text) => set("administrators", text)}
                error={error("administrators")}
              />
            )}
          </EditForm>
        </Section>
      )}
    </>
  );
}
