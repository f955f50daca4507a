/* The base of all components: custom elements without a shadow tree, around the nodes that the server's template gives
   them. How they get at the state of the page is described in store.js. */

export class Component extends HTMLElement {
  /**
   * Called once by the module of the page. A component watches the store here and listens to its own nodes.
   *
   * @param {any} _context what the page gives to all of its components, such as `{ store, socket }`
   */
  start(_context) {}

  /**
   * The first node inside this component that matches.
   *
   * @template {Element} [Node=HTMLElement]
   * @param {string} selector
   * @param {{ new (): Node }} [Type] the class that it must have
   * @returns {Node} throws where there is none
   */
  one(selector, Type) {
    const node = this.querySelector(selector);
    if (!(node instanceof (Type ?? HTMLElement))) throw new Error(`<${this.localName}> has no ${selector}`);
    return /** @type {Node} */ (node);
  }
}

/**
 * Starts every component below `root`, in any order.
 *
 * @param {object} context
 * @param {ParentNode} [root]
 */
export function startComponents(context, root = document) {
  for (const node of root.querySelectorAll("*")) if (node instanceof Component) node.start(context);
}
