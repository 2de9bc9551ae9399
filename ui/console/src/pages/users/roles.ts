/** Roles as they may be chosen. */
import type { Role } from "@shared/api/types";
import type { Option } from "@shared/components/fields";
import { useTranslation } from "react-i18next";

const ROLES: readonly Role[] = ["user", "domain-administrator", "administrator"];

export function useRoleOptions(): Option[] {
  const { t } = useTranslation();
  return ROLES.map((role) => ({ value: role, title: t(`role.${role}`) }));
}
