/** Branding: the custom logo, with a preview before it is set. */
import { api } from "@shared/api/client";
import { Problem } from "@shared/api/problem";
import { useChange, useRead } from "@shared/api/queries";
import type { Service } from "@shared/api/types";
import { useAsk, useSay, useSayProblem } from "@shared/components/ask";
import { Button } from "@shared/components/Button";
import { Mark } from "@shared/components/Icon";
import { Page, Row, Section } from "@shared/components/Page";
import { Notice } from "@shared/components/states";
import { useProblemText } from "@shared/components/useProblemText";
import { useFormat } from "@shared/i18n/format";
import { useState } from "react";
import { DropZone } from "react-aria-components/DropZone";
import { FileTrigger } from "react-aria-components/FileTrigger";
import { useTranslation } from "react-i18next";
import userStyles from "../users/users.module.css";
import styles from "./branding.module.css";

const TYPES = ["image/png", "image/jpeg", "image/gif", "image/webp"];
const MOST = 1_048_576;

interface Preview {
  width: number;
  height: number;
  preview: string;
  preview_2x?: string;
}

const picture = <T,>(method: string, path: string, file: File) =>
  api.send<T>(method, path, { content: { type: file.type || "application/octet-stream", body: file } });

export default function BrandingPage() {
  const { t } = useTranslation();
  const format = useFormat();
  const ask = useAsk();
  const say = useSay();
  const sayProblem = useSayProblem();
  const text = useProblemText();
  const service = useRead<Service>("/service");
  const [file, setFile] = useState<File | null>(null);
  const [preview, setPreview] = useState<Preview | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const set = useChange((chosen: File) => picture("PUT", "/branding/logo", chosen), ["/service"]);
  const reset = useChange(() => api.delete("/branding/logo"), ["/service"]);
  const logo = service.data?.logo;
  const look = async (chosen: File) => {
    setFile(null);
    setPreview(null);
    setProblem(null);
    if (chosen.size > MOST) {
      setProblem(t("branding.too_large", { size: format.size(chosen.size) }));
      return;
    }
    try {
      setPreview(await picture<Preview>("POST", "/branding/logo/preview", chosen));
      setFile(chosen);
    } catch (error) {
      setProblem(text(error instanceof Problem ? error : new Problem(0)));
    }
  };
  const forget = () => {
    setFile(null);
    setPreview(null);
  };
  return (
    <Page title={t("nav.branding")} lead={t("branding.lead")} narrow>
      <Section title={t("branding.now")}>
        <div className={styles.stage}>
          {logo ? (
            <img
              src={api.url("/branding/logo@2x", { version: logo.version })}
              className={styles.logo}
              alt={t("branding.own")}
            />
          ) : (
            <span className={styles.builtIn}>
              <Mark size={32} />
              Postroom
            </span>
          )}
        </div>
        {logo && (
          <Row>
            <Button
              busy={reset.isPending}
              onPress={async () => {
                const title = t("branding.reset_ask");
                if (!(await ask({ title, text: t("branding.reset_text"), action: t("branding.reset"), danger: true })))
                  return;
                reset.mutate(undefined, {
                  onSuccess: () => say({ text: t("branding.reset_said") }),
                  onError: sayProblem,
                });
              }}
            >
              {t("branding.reset")}
            </Button>
          </Row>
        )}
      </Section>
      <Section title={t("branding.new")}>
        <DropZone
          className={userStyles.drop ?? ""}
          getDropOperation={() => "copy"}
          onDrop={async ({ items }) => {
            const item = items.find((one) => one.kind === "file");
            if (item?.kind === "file") await look(await item.getFile());
          }}
        >
          <FileTrigger
            acceptedFileTypes={TYPES}
            onSelect={(files) => {
              const chosen = files?.[0];
              if (chosen) void look(chosen);
            }}
          >
            <Button icon="upload">{t("branding.choose")}</Button>
          </FileTrigger>
          <p>{file?.name ?? t("branding.rules")}</p>
        </DropZone>
        {problem && <Notice kind="bad">{problem}</Notice>}
        {preview && file && (
          <>
            <div className={styles.stage}>
              <img
                src={preview.preview}
                srcSet={preview.preview_2x ? `${preview.preview_2x} 2x` : undefined}
                width={preview.width}
                height={preview.height}
                alt={t("branding.preview")}
              />
            </div>
            <p className={userStyles.hint}>
              {t("branding.becomes", { width: String(preview.width), height: String(preview.height) })}
            </p>
            <Row>
              <Button
                look="primary"
                busy={set.isPending}
                onPress={() =>
                  set.mutate(file, {
                    onSuccess: () => {
                      forget();
                      say({ text: t("branding.set_said") });
                    },
                    onError: sayProblem,
                  })
                }
              >
                {t("branding.set")}
              </Button>
              <Button onPress={forget}>{t("do.cancel")}</Button>
            </Row>
          </>
        )}
      </Section>
    </Page>
  );
}
