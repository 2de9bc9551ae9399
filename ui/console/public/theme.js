// Before the first paint: the theme that was chosen, and the language, so that nothing flashes.
(() => {
  try {
    const theme = localStorage.getItem("postroom.theme");
    if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
  } catch {
    // a browser that keeps nothing shows what the system prefers
  }
})();
