/* The state of a page, and how its components show it.

   A page has one store. What happens on the page and what arrives on its socket is sent to the store as an event, an
   object with a `type`. `reduce(state, event)` returns the next state and has no other effect. Components watch the part
   of the state that they show:

     const store = createStore(reduce, { run: null, epochs: [] });
     store.watch((state) => state.epochs, (epochs) => { … });  // now, and whenever it is another value
     store.send({ type: "trainingProgress", ...data });

   A component is a custom element (component.js). It finds nodes only inside itself and calls no other component: what
   two components share is in the store. So the order in which they start does not matter. The module of a page creates
   the store, connects the socket to it, and starts the components with `startComponents({ store, … })`.

   No module has mutable variables. State that no other component needs is in private fields of the element. Reducers
   and selectors do not use the DOM. ui/theme_switch.js with ui/theme.js is a small example. */

/**
 * @template State
 * @template {{ type: string }} Happening
 * @typedef {object} Store
 * @property {State} state as of the last event
 * @property {(event: Happening) => void} send reduces an event, then tells those who watch what changed
 * @property {<Part>(select: (state: State) => Part, show: (part: Part) => void) => () => void} watch calls
 *   `show(select(state))` now and after each event that changed its value; returns a function that ends it
 */

/**
 * @template State
 * @template {{ type: string }} Happening
 * @param {(state: State, event: Happening) => State} reduce
 * @param {State} initial
 * @returns {Store<State, Happening>}
 */
export function createStore(reduce, initial) {
  let state = initial;
  let isTelling = false;
  /** @type {Happening[]} */
  const waiting = [];
  /** @type {Set<() => void>} */
  const watchers = new Set();

  return {
    get state() {
      return state;
    },

    send(event) {
      waiting.push(event);
      if (isTelling) return; // sent while it is shown what the last event changed: that is shown to all first
      isTelling = true;
      try {
        for (let next = waiting.shift(); next; next = waiting.shift()) {
          state = reduce(state, next);
          for (const tell of [...watchers]) tell();
        }
      } finally {
        isTelling = false;
      }
    },

    watch(select, show) {
      let shown = select(state);
      const tell = () => {
        const now = select(state);
        if (Object.is(now, shown)) return;
        shown = now;
        show(now);
      };
      watchers.add(tell);
      show(shown);
      return () => watchers.delete(tell);
    },
  };
}
