// The parts of lit-html that pages use, by one name.
export { html, nothing, render, svg } from './lit/lit-html.js';
export { repeat } from './lit/directives/repeat.js';
