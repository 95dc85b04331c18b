// Makes the component: app.js with its engine, in the world that wit/world.wit
// describes, and without anything that would take WASI.
import { readFile, writeFile } from "node:fs/promises";
import { componentize } from "@bytecodealliance/componentize-js";

const { component } = await componentize(await readFile("app.js", "utf8"), {
  witPath: "wit",
  worldName: "answers",
  disableFeatures: ["random", "stdio", "clocks", "http", "fetch-event"],
});
await writeFile("app.wasm", component);
