/** One field of a form of settings, and what its control says. */
import type { Field, SettingValue } from "@shared/api/types";

export interface FieldSlot {
  field: Field;
  value: SettingValue;
  error: string | undefined;
  onChange: (value: SettingValue) => void;
}
