// What C# can't do in a browser: paint pixels, change the address, hear keys wherever the focus is.

let page; // the C# class Browser

export async function start() {
  const { getAssemblyExports } = await globalThis.getDotnetRuntime(0);
  page = (await getAssemblyExports("MicroGpt.Explorer")).MicroGpt.Explorer.Browser;
  addEventListener("popstate", () => page.OnAddress(location.search));
  addEventListener("keydown", hearKey);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => page.OnTheme(isDark()));
  addEventListener("pointermove", hover);
  addEventListener("click", pick);
  addEventListener("dragenter", e => hasFiles(e) && document.body.classList.add("dropping"));
  addEventListener("dragover", e => hasFiles(e) && e.target?.type !== "file" && e.preventDefault());
  addEventListener("dragleave", e => e.relatedTarget || document.body.classList.remove("dropping"));
  addEventListener("drop", e => {
    if (e.target?.type !== "file") e.preventDefault(); // else the browser would leave the page to show the file
    document.body.classList.remove("dropping");
  });
}

const hasFiles = e => e.dataTransfer?.types.includes("Files");

function hearKey(e) {
  if (e.ctrlKey || e.metaKey || e.altKey || e.isComposing) return;
  const at = e.target;
  const writing = at.matches?.("input:not([type=range]), textarea, select");
  if (writing) {
    if (e.key === "Escape") at.blur(); // else who came with the keyboard would not get out again
    return;
  }
  if (at.matches?.("input[type=range]") && e.key.startsWith("Arrow")) return;
  if (e.key === "Enter" && at.matches?.("a, button, summary, [role=button]")) return;
  if (e.key === " " && at.matches?.("a, button, summary, input, [role=button]")) return;
  if (page.OnKey(e.key, e.shiftKey, !!at.closest?.("[role=grid]"))) e.preventDefault();
}

// ---- numbers: cells of the Map's plates, which are canvases with a pixel per number, and all that has a data-key

let hovered = ""; // the last number that C# was told of

function numberUnder(e) {
  const key = e.target.closest?.("[data-key]")?.dataset.key;
  if (key) return key;
  const plate = e.target.closest?.(".cells")?.querySelector("canvas");
  if (!plate) return "";
  const box = plate.getBoundingClientRect();
  const at = (offset, size, cells) => Math.max(0, Math.min(cells - 1, Math.floor(offset / size * cells)));
  return `plate.${plate.dataset.plate}.${at(e.clientX - box.left, box.width, plate.width)}.${at(e.clientY - box.top, box.height, plate.height)}`;
}

function hover(e) {
  // The card shows what is pointed at; if that were something in the card, it would vanish under the pointer.
  const number = e.pointerType === "touch" || e.target.closest?.(".card") ? "" : numberUnder(e);
  if (number === hovered) return;
  hovered = number;
  page.OnHover(number);
}

function pick(e) {
  const number = numberUnder(e);
  if (number) page.OnPick(number);
}

// ---- the address

export const address = () => location.search;
export const link = () => location.href;

export function go(search, replace) {
  if (search === location.search) return;
  const url = location.pathname + search;
  if (replace) history.replaceState(null, "", url); else history.pushState(null, "", url);
}

// ---- theme and motion

export const isDark = () =>
  (document.documentElement.dataset.theme ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";

export function switchTheme() {
  const theme = document.documentElement.dataset.theme = isDark() ? "light" : "dark";
  localStorage.setItem("microgpt-theme", theme);
  return theme === "dark";
}

export const prefersStill = () => matchMedia("(prefers-reduced-motion: reduce)").matches;
export const isNarrow = () => matchMedia("(max-width: 760px)").matches;

// ---- canvases

// pixels: RGBA, a view of C#'s memory
export function paint(id, width, height, pixels) {
  const canvas = document.getElementById(id);
  if (!canvas) return;
  if (canvas.width !== width || canvas.height !== height) [canvas.width, canvas.height] = [width, height];
  const bytes = new Uint8ClampedArray(pixels.slice().buffer);
  canvas.getContext("2d").putImageData(new ImageData(bytes, width, height), 0, 0);
}

// ---- taking things away

export const copy = text => navigator.clipboard?.writeText(text);

export function focus(id) { document.getElementById(id)?.focus(); }

export const download = (name, type, text) => save(name, new Blob([text], { type }));

// An SVG as a PNG, twice as large, with the colours it has on the page.
export async function picture(id, name) {
  const svg = document.getElementById(id);
  if (!svg) return;
  const box = svg.getBoundingClientRect(), copy = svg.cloneNode(true);
  const styles = ["fill", "stroke", "stroke-width", "stroke-linecap", "stroke-dasharray", "opacity", "font", "text-anchor"];
  const [from, to] = [svg, copy].map(root => [root, ...root.querySelectorAll("*")]);
  from.forEach((element, i) => {
    const computed = getComputedStyle(element);
    for (const style of styles) to[i].style.setProperty(style, computed.getPropertyValue(style));
  });
  copy.setAttribute("width", box.width);
  copy.setAttribute("height", box.height);
  const image = new Image();
  const text = new XMLSerializer().serializeToString(copy);
  image.src = URL.createObjectURL(new Blob([text], { type: "image/svg+xml" }));
  await image.decode();
  const canvas = Object.assign(document.createElement("canvas"), { width: box.width * 2, height: box.height * 2 });
  const context = canvas.getContext("2d");
  context.fillStyle = getComputedStyle(document.body).backgroundColor;
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(image, 0, 0, canvas.width, canvas.height);
  URL.revokeObjectURL(image.src);
  canvas.toBlob(blob => save(name, blob));
}

function save(name, blob) {
  const a = Object.assign(document.createElement("a"), { href: URL.createObjectURL(blob), download: name });
  a.click();
  setTimeout(() => URL.revokeObjectURL(a.href), 1000);
}
