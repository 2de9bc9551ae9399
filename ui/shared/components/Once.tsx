/** Something secret that is shown this once. */
import { useTranslation } from "react-i18next";
import { Button } from "./Button";
import { Actions, Dialog } from "./Dialog";
import { Copyable } from "./Page";
import { Notice } from "./states";

interface OnceProps {
  title: string;
  label: string;
  text: string | null;
  onClose: () => void;
}

export function Once({ title, label, text, onClose }: OnceProps) {
  const { t } = useTranslation();
  return (
    <Dialog title={title} isOpen={text !== null} onClose={onClose} alert>
      <Notice kind="warning">{t("once.text")}</Notice>
      {text !== null && <Copyable text={text} label={label} />}
      <Actions>
        <Button look="primary" onPress={onClose}>
          {t("do.done")}
        </Button>
      </Actions>
    </Dialog>
  );
}
