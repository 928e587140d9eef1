// Before the first paint: the theme that was chosen here before, else the system's.
const chosen = localStorage.getItem("microgpt-theme");
if (chosen) document.documentElement.dataset.theme = chosen;
