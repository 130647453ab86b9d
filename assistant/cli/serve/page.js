// Textual's script has made the terminal by now: what is typed goes there at once.
window.addEventListener("load", () => document.querySelector(".xterm-helper-textarea")?.focus());
