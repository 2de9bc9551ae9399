/** Certificate and DNS records; then the set-up ends and its link is good no more. */
import { api } from "@shared/api/client";
import { useRead } from "@shared/api/queries";
import type { Acme } from "@shared/api/security";
import { Button } from "@shared/components/Button";
import { Facts, Row } from "@shared/components/Page";
import { Read, Status } from "@shared/components/states";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Records, useDns } from "../domains/DomainDns";
import { OrderCertificate } from "../security/OrderCertificate";
import { UploadCertificate } from "../security/UploadCertificate";
import { StepForm } from "./StepForm";
import type { StepProps } from "./steps";

export function CertificateStep({ state, next }: StepProps) {
  const { t } = useTranslation();
  const acme = useRead<Acme>("/acme");
  const [dialog, setDialog] = useState<"upload" | "order" | null>(null);
  return (
    <>
      <StepForm title={t("setup.step.certificate")} text={t("setup.certificate_text")} onSubmit={next}>
        <Facts
          of={[
            [t("certificates.names"), state.certificate_names.join(", ") || "–"],
            [
              t("certificates.issuer"),
              state.certificate_is_self_signed ? (
                <Status key="issuer" kind="warning">
                  {t("certificates.itself")}
                </Status>
              ) : (
                <Status key="issuer" kind="good">
                  {t("setup.certificate_good")}
                </Status>
              ),
            ],
          ]}
        />
        <Row>
          <Button icon="upload" onPress={() => setDialog("upload")}>
            {t("certificates.upload")}
          </Button>
          {acme.data && <Button onPress={() => setDialog("order")}>{t("certificates.order")}</Button>}
        </Row>
      </StepForm>
      <UploadCertificate isOpen={dialog === "upload"} onClose={() => setDialog(null)} />
      {acme.data && <OrderCertificate acme={acme.data} isOpen={dialog === "order"} onClose={() => setDialog(null)} />}
    </>
  );
}

export function DnsStep({ state }: StepProps) {
  const { t } = useTranslation();
  const dns = useDns(state.domain);
  return (
    <StepForm
      title={t("dns.title")}
      text={t("setup.dns_text")}
      action={t("setup.finish")}
      onSubmit={async () => {
        await api.post("/setup/finish");
        location.assign("/console/");
      }}
    >
      <Row>
        <Button icon="refresh" busy={dns.isFetching} onPress={() => void dns.refetch()}>
          {t("dns.check")}
        </Button>
      </Row>
      <Read from={dns} lines={6}>
        {({ records }) => <Records records={records} />}
      </Read>
    </StepForm>
  );
}
