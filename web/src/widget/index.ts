import { AgentCareChat } from "./element";

// Where this script came from is where the chat is, whoever's page it stands on.
const script = document.currentScript;
if (script instanceof HTMLScriptElement && script.src) AgentCareChat.defaultServer = new URL(script.src).origin;

if (!customElements.get("agentcare-chat")) customElements.define("agentcare-chat", AgentCareChat);

declare global {
  interface HTMLElementTagNameMap {
    "agentcare-chat": AgentCareChat;
  }
}
