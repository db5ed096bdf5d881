import { unsafeCSS } from "lit";
import appointment from "./appointment.css";
import base from "./base.css";
import form from "./form.css";
import messages from "./messages.css";
import offers from "./offers.css";
import panel from "./panel.css";

/** All styles of the widget, as constructed sheets: a page whose policy forbids inline styles still shows them. */
export const styles = [base, panel, messages, offers, form, appointment].map((sheet) => unsafeCSS(sheet));
