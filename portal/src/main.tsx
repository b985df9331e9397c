import { StrictMode } from "react";
import { createRoot } from "react-dom/client";

import "./page.css";

import { App } from "./app/app.tsx";
import { beginSignIn } from "./sign-in/sign-in.ts";
import { language } from "./words/language.ts";

document.documentElement.lang = language;
const root = document.getElementById("root");
if (root === null) {
  throw new Error("the page has no root element");
}
const signIn = await beginSignIn();
createRoot(root).render(
  <StrictMode>
    <App signIn={signIn} />
  </StrictMode>,
);
