/** Security › Certificates: what the listeners show, uploads, and orders by ACME. */
import { type List, useRead } from "@shared/api/queries";
import type { Acme, Certificate } from "@shared/api/security";
import type { Settings } from "@shared/api/types";
import { Button } from "@shared/components/Button";
import { Page } from "@shared/components/Page";
import { Empty, Read } from "@shared/components/states";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { SettingsForm } from "../protocol/SettingsForm";
import { CertificateCard } from "./CertificateCard";
import { OrderCertificate } from "./OrderCertificate";
import styles from "./security.module.css";
import { UploadCertificate } from "./UploadCertificate";

const EVERY = 10_000;

export default function CertificatesPage() {
  const { t } = useTranslation();
  const certificates = useRead<List<Certificate>>("/certificates", { every: EVERY });
  const acme = useRead<Acme>("/acme", { every: EVERY });
  const settings = useRead<Settings>("/settings");
  const [dialog, setDialog] = useState<"upload" | "order" | null>(null);
  const page = settings.data?.pages.find(({ name }) => name === "certificates");
  return (
    <Page
      narrow
      title={t("nav.certificates")}
      lead={t("certificates.lead")}
      actions={
        <>
          <Button icon="upload" onPress={() => setDialog("upload")}>
            {t("certificates.upload")}
          </Button>
          <Button look="primary" onPress={() => setDialog("order")} disabled={!acme.data}>
            {t("certificates.order")}
          </Button>
        </>
      }
    >
      <Read from={certificates}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty title={t("certificates.none")} text={t("certificates.lead")} />
          ) : (
            <div className={styles.cards}>
              {items.map((certificate) => (
                <CertificateCard
                  key={certificate.name}
                  certificate={certificate}
                  order={acme.data?.orders.find((order) => order.certificate === certificate.name)}
                />
              ))}
            </div>
          )
        }
      </Read>
      {settings.data && page && (
        <SettingsForm settings={settings.data} page={page} title={t("certificates.settings")} />
      )}
      <UploadCertificate isOpen={dialog === "upload"} onClose={() => setDialog(null)} />
      {acme.data && <OrderCertificate acme={acme.data} isOpen={dialog === "order"} onClose={() => setDialog(null)} />}
    </Page>
  );
}
