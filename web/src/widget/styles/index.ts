import { unsafeCSS } from "lit";
import base from "./base.css";
import content from "./content.css";
import panel from "./panel.css";

/** All styles of the widget, as constructed sheets: a page whose policy forbids inline styles still shows them. */
export const styles = [base, panel, content].map((sheet) => unsafeCSS(sheet));
