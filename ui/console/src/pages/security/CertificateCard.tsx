/** One certificate: for which names, by whom, how long, what is wrong with it. */
import { api } from "@shared/api/client";
import { useChange } from "@shared/api/queries";
import type { Acme, Certificate } from "@shared/api/security";
import { useAsk, useSay, useSayProblem } from "@shared/components/ask";
import { Button } from "@shared/components/Button";
import { Menu } from "@shared/components/Menu";
import { Facts, Section } from "@shared/components/Page";
import { Badge, type Kind, Notice, Status } from "@shared/components/states";
import { useFormat } from "@shared/i18n/format";
import { useTranslation } from "react-i18next";
import styles from "./security.module.css";

const DAY = 86_400;
const SOON = 21 * DAY;
const TOUCHED = ["/certificates", "/acme", "/overview", "/settings"];

function kindOf({ not_after }: Certificate): Kind {
  if (not_after === null) return "plain";
  const left = not_after - Date.now() / 1000;
  return left < 0 ? "bad" : left < SOON ? "warning" : "good";
}

interface CardProps {
  certificate: Certificate;
  order: Acme["orders"][number] | undefined;
}

export function CertificateCard({ certificate, order }: CardProps) {
  const { t } = useTranslation();
  const format = useFormat();
  const { name, names, issuer, not_before, not_after, key, source, fingerprint, problems } = certificate;
  const kind = kindOf(certificate);
  return (
    <Section>
      <div className={styles.head}>
        <h2>{name}</h2>
        {certificate.is_default && <Badge>{t("certificates.default")}</Badge>}
        <Badge>{t(`certificates.source.${source}`, { defaultValue: source })}</Badge>
        <Actions certificate={certificate} order={order} />
      </div>
      {problems.map((text) => (
        <Notice key={text} kind="warning">
          {text}
        </Notice>
      ))}
      {order?.state === "failed" && (
        <Notice kind="bad" title={t("certificates.order_failed", { when: format.relative(order.next_try_at) })}>
          {order.fault}
        </Notice>
      )}
      {order?.state === "ordering" && <Notice kind="accent">{t("certificates.ordering")}</Notice>}
      <Facts
        of={[
          [t("certificates.names"), names.join(", ") || "–"],
          [t("certificates.issuer"), certificate.self_signed ? t("certificates.itself") : issuer || "–"],
          [
            t("certificates.valid"),
            not_after === null || not_before === null ? (
              "–"
            ) : (
              <Status key="valid" kind={kind}>
                {t("certificates.from_until", { from: format.day(not_before), until: format.day(not_after) })}
              </Status>
            ),
          ],
          ...(certificate.renew_at
            ? ([[t("certificates.renewed"), format.moment(certificate.renew_at)]] as const)
            : []),
          [t("certificates.key"), key || "–"],
          [t("certificates.fingerprint"), <code key="fingerprint">{fingerprint || "–"}</code>],
        ]}
      />
    </Section>
  );
}

function Actions({ certificate, order }: CardProps) {
  const { t } = useTranslation();
  const ask = useAsk();
  const say = useSay();
  const sayProblem = useSayProblem();
  const { name, is_default } = certificate;
  const path = `/certificates/${encodeURIComponent(name)}`;
  const makeDefault = useChange(() => api.put(`${path}/default`), TOUCHED);
  const remove = useChange(() => api.delete(path), TOUCHED);
  const renew = useChange(() => api.post(`/acme/orders/${encodeURIComponent(name)}/renew`), TOUCHED);
  const label = t("table.actions_of", { name });
  const told = (text: string) => ({ onSuccess: () => say({ text }), onError: sayProblem });
  const take = async () => {
    const title = t("certificates.remove_ask", { name });
    if (!(await ask({ title, text: t("certificates.remove_text"), action: t("do.remove"), danger: true }))) return;
    remove.mutate(undefined, told(t("certificates.removed", { name })));
  };
  const entries = [
    ...(order
      ? [
          {
            id: "renew",
            title: t("certificates.renew"),
            run: () => renew.mutate(undefined, told(t("certificates.ordered"))),
          },
        ]
      : []),
    ...(is_default
      ? []
      : [
          {
            id: "default",
            title: t("certificates.make_default"),
            run: () => makeDefault.mutate(undefined, told(t("certificates.default_said", { name }))),
          },
          { id: "remove", title: t("do.remove"), danger: true, run: () => void take() },
        ]),
  ];
  if (entries.length === 0) return <span />;
  return (
    <Menu label={label} parts={[{ entries }]}>
      <Button small look="quiet" icon="more" label={label} />
    </Menu>
  );
}
