/** Before each test: what jsdom lacks of a browser, and a clean page. */
import "@testing-library/jest-dom/vitest";
import { cleanup, configure } from "@testing-library/react";
import { afterEach } from "vitest";

afterEach(cleanup);
configure({ asyncUtilTimeout: 10_000 }); // on a busy machine a page takes more than the usual second

Object.assign(window, { scrollTo: () => undefined });
Element.prototype.scrollIntoView = () => undefined;
Element.prototype.getAnimations = () => [];

// axe draws text to measure it; here there is nothing to draw on
HTMLCanvasElement.prototype.getContext = () => null;
