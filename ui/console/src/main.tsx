import "@shared/styles/tokens.css";
import "@shared/styles/base.css";
import { createRoot } from "react-dom/client";
import { App } from "./app";
import { languages } from "./languages";

const root = document.getElementById("root");
if (!root) throw new Error("the page has no root");
await languages.start();
createRoot(root).render(<App />);
