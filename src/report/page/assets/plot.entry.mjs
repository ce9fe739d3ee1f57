// The parts of Observable Plot that reports use.
export { areaY, dot, lineY, plot, pointer, pointerY, ruleX, ruleY, text, tip } from "@observablehq/plot";
