// The page's own buttons open the chat, some with a first sentence that the patient can send or change.
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-ask]");
  if (!button) return;
  const chat = document.querySelector("agentcare-chat");
  if (button.dataset.ask) chat.ask(button.dataset.ask);
  else chat.open = true;
});
