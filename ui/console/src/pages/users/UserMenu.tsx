/** What can be done to an account from the list. */
import type { Account } from "@shared/api/directory";
import { Button } from "@shared/components/Button";
import { Menu } from "@shared/components/Menu";
import { useTranslation } from "react-i18next";
import { useLocation } from "wouter";
import { useSession } from "../../shell/session";
import { useDisable, useRemove } from "./actions";

export function UserMenu({ account }: { account: Account }) {
  const { t } = useTranslation();
  const [, navigate] = useLocation();
  const disable = useDisable();
  const remove = useRemove();
  const isMyself = useSession().account.address === account.address;
  const label = t("table.actions_of", { name: account.address });
  return (
    <Menu
      label={label}
      parts={[
        {
          entries: [
            { id: "edit", title: t("do.edit"), run: () => navigate(`/accounts/users/${account.id}`) },
            ...(isMyself
              ? []
              : [
                  {
                    id: "disable",
                    title: t(account.disabled ? "users.enable" : "users.disable"),
                    run: () => void disable(account),
                  },
                ]),
          ],
        },
        {
          entries: isMyself
            ? []
            : [{ id: "remove", title: t("users.remove"), danger: true, run: () => void remove(account) }],
        },
      ]}
    >
      <Button small look="quiet" icon="more" label={label} />
    </Menu>
  );
}
