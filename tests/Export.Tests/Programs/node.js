import { readFileSync } from "node:fs";
import { answer } from "./draw.js";

console.log(await answer(JSON.parse(readFileSync("requests.json", "utf8"))));
