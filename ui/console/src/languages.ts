/** The languages of this program, with its texts. */
import { Languages } from "@shared/i18n/setup";
import { load } from "./messages/load";

export const languages = new Languages(load);
